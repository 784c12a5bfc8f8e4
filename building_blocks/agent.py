"""An agent: thinks, calls a tool, looks at what came of it, and so on until it is done."""

from masdesign.building_blocks._agent import Agent, or_think, select_tools, take_turns
from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._notes import names_of_notes
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(
    cost="up to max_steps + 1 calls, twice as many where it sums up",
    reference="arXiv:2210.03629",
    calls=lambda max_steps=30, summarise=False, **_: max_steps * (2 if summarise else 1) + 1,
    templates=("agent",),
    needs="environment",
)
@or_think
async def agent(
    task: Question,
    max_steps: int = 30,
    *,
    memory: str = "",
    tools: list[str] | None = None,
    notes: bool = False,
    summarise: bool = False,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Acts in the environment until it is done.

    It helps where a problem has to be worked on and not only thought about: the tools are those of the
    task, or those that ``tools`` names. It stops by itself (an answer, or the end of the episode), after
    ``max_steps`` turns, or where it goes round in circles (the same call with the same result three
    times). Where it was stopped it is asked once more for its answer. ``memory`` is what it is told of that
    happened before. With ``notes`` it can write notes and read them again, as can all agents of the item.
    Where the conversation is too long for the model's window, the oldest observations are shortened, then
    the oldest steps left out; with ``summarise`` they are summed up (`compact`). An ``instruction``
    replaces what it is told to do, but not the form.
    Without an environment the problem is solved by `chain_of_thought`.

    Cost: max_steps + 1 calls at most; 2 * max_steps + 1 with ``summarise``.

    The item fails where max_steps is below 1, or there is no such tool.

    Reference: Yao et al. 2022, ReAct: Synergizing Reasoning and Acting in Language Models,
    arXiv:2210.03629; Yang et al. 2024, SWE-agent, arXiv:2405.15793 (what to tell of a long observation).

    Example::

        async def workflow(task):
            return await agent(task, max_steps=60)
    """
    at_least_one("agent", max_steps=max_steps)
    actor = Agent(task, memory, select_tools(tools, notes), instruction, role, temperature, model)
    if notes:
        actor = actor.remember(names_of_notes())
    return await take_turns(actor, actor.begin(), max_steps, summarise=summarise)
