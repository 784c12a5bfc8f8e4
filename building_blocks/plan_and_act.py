"""Plan first, then act: a to-do list that is written, worked off and ticked."""

from __future__ import annotations

from collections.abc import Sequence

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._window import note_that_fits
from masdesign.building_blocks.agent import agent
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.merge_answers import merge_answers
from masdesign.building_blocks.split_question import split_question
from masdesign.types import Answer, Question
from masdesign.workflow import block, running

PLAN = (
    "Do not begin yet. Write a to-do list: what has to be done with the tools, in this order, and is it done?"
)
WORK = "Do the entry of the to-do list that is marked with >. Leave the others for later."


@block(
    cost="up to n * (max_steps + 1) + 2 calls",
    reference="arXiv:2503.09572",
    calls=lambda n=4, max_steps=8, **_: n * (max_steps + 1) + 2,
    needs="environment",
)
async def plan_and_act(
    task: Question,
    n: int = 4,
    max_steps: int = 8,
    *,
    planner: str = "",
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Writes a to-do list, acts on it, and ticks off what is done.

    It helps where a problem takes many actions: the agent that acts sees the whole list with what came
    of the entries that are done, but not how they were done, so that its context stays short. The
    ``planner`` may be another model than the one that acts. The episode's end ends it; where all
    entries are done, what came of them is put together. An ``instruction`` replaces what the agent
    is told to do with the list. Without an environment the problem is solved by `chain_of_thought`.

    Cost: n * (max_steps + 1) + 2 calls at most.

    The item fails where n or max_steps is below 1.

    Reference: Erdogan et al. 2025, Plan-and-Act, arXiv:2503.09572.

    Example::

        async def workflow(task):
            return await plan_and_act(task, n=5, max_steps=10)
    """
    at_least_one("plan_and_act", n=n, max_steps=max_steps)
    run = running()
    if run.gate is None:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    entries = await split_question(task, n, instruction=PLAN, temperature=temperature, model=planner or model)
    results: list[Answer] = []
    while len(results) < len(entries):
        todo = _todo(entries, [note_that_fits(r.text, model) for r in results], instruction or WORK)
        results.append(
            await agent(task, max_steps, instruction=todo, role=role, temperature=temperature, model=model)
        )
        if run.ended:
            return results[-1]
    if not results:
        return await agent(
            task, max_steps, instruction=instruction, role=role, temperature=temperature, model=model
        )
    return await merge_answers(task, entries, results, temperature=temperature, model=model)


def _todo(entries: Sequence[str], results: Sequence[str], instruction: str) -> str:
    """The to-do list: ticked entries with what came of them, the next one marked."""
    lines = [f"[x] {entry}: {result}" for entry, result in zip(entries, results, strict=False)]
    lines += [f"[ ] > {entry}" for entry in entries[len(results) :][:1]]
    lines += [f"[ ] {entry}" for entry in entries[len(results) + 1 :]]
    return "\n".join(["To-do list:", *lines, instruction])
