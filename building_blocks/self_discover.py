"""Compose a reasoning structure for a problem, then follow it."""

from masdesign.building_blocks._window import note_that_fits
from masdesign.building_blocks.ask import ask
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="4 calls", reference="arXiv:2402.03620", calls=4)
async def self_discover(
    task: Question,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Makes a reasoning structure for the problem out of known ways, and fills it in.

    It helps where a problem needs several kinds of reasoning and a large model knows which. The paper
    finds one structure for a whole task; here it is found for each problem, since a design keeps
    nothing from one to the next. A small model gains nothing from it. An ``instruction`` replaces the
    last request. ``text`` is empty where no answer could be read from the last reply.

    Cost: 4 calls: select, adapt, implement, solve.

    Reference: Zhou et al. 2024, Self-Discover: Large Language Models Self-Compose Reasoning
    Structures, arXiv:2402.03620.

    Example::

        async def workflow(task):
            return await self_discover(task)
    """
    ways = (
        "Break it into parts.\n"
        "Go step by step, and check each step.\n"
        "Name what is given, and drop what does not matter.\n"
        "Make it simpler first.\n"
        "Work back from what is asked.\n"
        "Look for a rule.\n"
        "Try all cases.\n"
        "Follow what changes.\n"
        "Find the answer in another way, and compare."
    )
    selected = await ask(
        "Do not solve the problem. Select those ways of reasoning that it needs. Write them down.",
        task,
        ways,
        output="",
        role=role,
        temperature=temperature,
        model=model,
    )
    adapted = await ask(
        "Do not solve the problem. Say each of these ways of reasoning again so that it fits this problem.",
        task,
        note_that_fits(selected.text, model),
        output="",
        role=role,
        temperature=temperature,
        model=model,
    )
    structure = await ask(
        "Do not solve the problem. Make of these ways of reasoning a plan with gaps: one step a line, each "
        "with a gap for what it finds.",
        task,
        note_that_fits(adapted.text, model),
        output="",
        role=role,
        temperature=temperature,
        model=model,
    )
    return await ask(
        instruction or "Solve the problem: follow this plan step by step and fill in its gaps.",
        task,
        note_that_fits(structure.text, model),
        role=role,
        temperature=temperature,
        model=model,
    )
