"""Hand parts of a task to sub-agents, each with a context of its own; go on from their reports."""

from __future__ import annotations

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._window import note_that_fits
from masdesign.building_blocks.agent import agent
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.split_question import split_question
from masdesign.types import Answer, Question
from masdesign.workflow import block, running

SPLIT = "Do not begin yet. Split it into parts that others can do with the tools, each without the rest."
REPORT = "You do one part of a larger task. Do it with the tools, then report in a few words what came of it."
GO_ON = "Parts were done by others. Go on from what they report, and finish the task."


@block(
    cost="up to (n + 1) * (max_steps + 1) + 1 calls",
    reference="arXiv:2308.08155",
    calls=lambda n=3, max_steps=6, **_: (n + 1) * (max_steps + 1) + 1,
    needs="environment",
)
async def delegate(
    task: Question,
    n: int = 3,
    max_steps: int = 6,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Hands parts to agents of their own and reads their reports.

    It helps where a task would fill one context: a sub-agent sees its part, the passages and the tools,
    acts up to ``max_steps`` times, and gives back a summary; the last agent sees the summaries alone. All
    act in the same episode, one after another. An ``instruction`` replaces what the last agent is told.
    Without an environment the problem is solved by `chain_of_thought`.

    Cost: (n + 1) * (max_steps + 1) + 1 calls at most.

    The item fails where n or max_steps is below 1.

    Reference: Wu et al. 2023, AutoGen, arXiv:2308.08155.

    Example::

        async def workflow(task):
            return await delegate(task, n=2, max_steps=8)
    """
    at_least_one("delegate", n=n, max_steps=max_steps)
    run = running()
    if run.gate is None:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    reports = []
    for part in await split_question(task, n, instruction=SPLIT, temperature=temperature, model=model):
        report = await agent(
            Question(part, task.context),
            max_steps,
            instruction=REPORT,
            role=role,
            temperature=temperature,
            model=model,
        )
        if run.ended:
            return report
        reports.append(f"- {part}: {note_that_fits(report.text, model)}")
    briefing = "\n".join([*reports, instruction or GO_ON]) if reports else instruction
    return await agent(task, max_steps, instruction=briefing, role=role, temperature=temperature, model=model)
