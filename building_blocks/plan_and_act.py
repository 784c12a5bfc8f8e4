"""Plan first, then act: a to-do list that is written, worked off and ticked."""

from masdesign.building_blocks._agent import or_think
from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._window import line_that_fits
from masdesign.building_blocks.agent import agent
from masdesign.building_blocks.merge_answers import merge_answers
from masdesign.building_blocks.todo import todo
from masdesign.types import Answer, Question
from masdesign.workflow import block, running

PART = "Do this part and no other, then report in a few words what came of it."


@block(
    cost="up to n * (max_steps + 2) + 1 calls",
    reference="arXiv:2503.09572",
    calls=lambda n=4, max_steps=8, **_: n * (max_steps + 2) + 1,
    needs="environment",
)
@or_think
async def plan_and_act(
    task: Question,
    n: int = 4,
    max_steps: int = 8,
    replan: bool = False,
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
    ``planner`` may be another model than the one that acts; with ``replan`` it writes the rest of the list
    anew after each entry. The episode's end ends it; where all entries are done, what came of them is put
    together. An ``instruction`` replaces what the agent is told to do with the list.
    Without an environment the problem is solved by `chain_of_thought`.

    Cost: n * (max_steps + 2) + 1 calls at most, with ``replan``; n * (max_steps + 1) + 2 without.

    The item fails where n or max_steps is below 1.

    Reference: Erdogan et al. 2025, Plan-and-Act: Improving Planning of Agents for Long-Horizon Tasks,
    arXiv:2503.09572.

    Example::

        async def workflow(task):
            return await plan_and_act(task, n=5, max_steps=10)
    """
    at_least_one("plan_and_act", n=n, max_steps=max_steps)
    left = await todo(task, n, temperature=temperature, model=planner or model)
    if not left:
        return await agent(task, max_steps, role=role, temperature=temperature, model=model)
    entries: list[str] = []
    results: list[Answer] = []
    while left and len(results) < n:
        entries.append(left.pop(0))
        ticked = [f"[x] {e}: {line_that_fits(r.text, model)}" for e, r in zip(entries, results)]  # noqa: B905
        lines = [*ticked, f"[>] {entries[-1]}", *[f"[ ] {entry}" for entry in left]]
        result = await agent(
            Question(entries[-1], task.context),
            max_steps,
            memory="\n".join([f"Whole task: {task.question}", "To-do list:", *lines]),
            instruction=instruction or PART,
            role=role,
            temperature=temperature,
            model=model,
        )
        if running().ended:
            return result
        results.append(result)
        if replan and len(results) < n:
            done = [f"{e}: {line_that_fits(r.text, model)}" for e, r in zip(entries, results)]  # noqa: B905
            left = await todo(task, n - len(results), done, temperature=temperature, model=planner or model)
    return await merge_answers(task, entries, results, temperature=temperature, model=model)
