"""Hand parts of a task to sub-agents, each with a context of its own; go on from their reports."""

from masdesign.building_blocks._agent import or_think
from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._window import note_that_fits
from masdesign.building_blocks.agent import agent
from masdesign.building_blocks.todo import todo
from masdesign.types import Answer, Question
from masdesign.workflow import block, running

SPLIT = "Do not begin yet. Which parts can others do with the tools, each without knowing the rest?"
REPORT = "Do this part with the tools, then report in a few words what came of it."
GO_ON = "Go on from these reports and finish the task."


@block(
    cost="up to (n + 1) * (max_steps + 1) + 1 calls",
    reference="arXiv:2308.08155",
    calls=lambda n=3, max_steps=6, **_: (n + 1) * (max_steps + 1) + 1,
    needs="environment",
)
@or_think
async def delegate(
    task: Question,
    n: int = 3,
    max_steps: int = 6,
    *,
    tools: list[str] | None = None,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Hands parts to agents of their own and reads their reports.

    It helps where a task would fill one context: a sub-agent sees its part, the passages and the tools
    (all, or those that ``tools`` names), acts up to ``max_steps`` times, and gives back a report; the last
    agent, which has all tools, sees the reports alone. All act in the same episode, one after another. An
    ``instruction`` replaces what the last agent is told.
    Without an environment the problem is solved by `chain_of_thought`.

    Cost: (n + 1) * (max_steps + 1) + 1 calls at most.

    The item fails where n or max_steps is below 1, or there is no such tool.

    Reference: Wu et al. 2023, AutoGen: Enabling Next-Gen LLM Applications via Multi-Agent Conversation,
    arXiv:2308.08155.

    Example::

        async def workflow(task):
            return await delegate(task, n=2, max_steps=8)
    """
    at_least_one("delegate", n=n, max_steps=max_steps)
    reports = []
    for part in await todo(task, n, instruction=SPLIT, temperature=temperature, model=model):
        report = await agent(
            Question(part, task.context),
            max_steps,
            tools=tools,
            instruction=REPORT,
            role=role,
            temperature=temperature,
            model=model,
        )
        if running().ended:
            return report
        reports.append(f"- {part}: {note_that_fits(report.text, model)}")
    return await agent(
        task,
        max_steps,
        memory="\n".join(["Reports of others:", *reports]) if reports else "",
        instruction=instruction or (GO_ON if reports else ""),
        role=role,
        temperature=temperature,
        model=model,
    )
