"""Plan, act and reflect on each sub-task, with a memory of strategies, of procedures and of tools."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._lessons import lesson_text, lessons_near, show_entries
from masdesign.building_blocks.agent import agent
from masdesign.building_blocks.merge_answers import merge_answers
from masdesign.building_blocks.recall import recall
from masdesign.building_blocks.reflect import reflect
from masdesign.building_blocks.revise import revise
from masdesign.building_blocks.split_question import split_question
from masdesign.building_blocks.verify import verify
from masdesign.types import Answer, Question
from masdesign.workflow import block, running


@block(
    cost="up to n * (max_steps + 2 * tries + 1) + 4 calls",
    reference="arXiv:2510.08002",
    calls=lambda n=3, tries=2, max_steps=4, **_: n * (max_steps + 2 * tries + 1) + 4,
    needs="stream",
)
async def muse(
    task: Question,
    n: int = 3,
    tries: int = 2,
    max_steps: int = 4,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Plans, works on sub-tasks, and learns at every level.

    It helps where long tasks come in a stream and share sub-tasks: what was learnt of one is found again
    under its own words. Strategic memory (lessons near the whole task) is in sight of the planner, as
    its system message; procedural memory (lessons near the sub-task) of who works on it; tool memory
    (lessons that name a tool of the task) of who acts. After each sub-task a judge looks; what it rejects
    is corrected, ``tries`` in all, and a lesson is written of it, and of the whole at the end, for later
    items (`reflect`: it is in the memory once the item has ended). With an environment an `agent` of
    ``max_steps`` works on each sub-task, and the episode's end ends it; without, `recall` does.
    Where the problem could not be split, it is the one sub-task. An ``instruction`` replaces the request
    that merges. ``text`` is empty where no answer could be read from the last reply.

    Cost: n * (max_steps + 2 * tries + 1) + 4 calls at most; without an environment by default 22.

    The item fails where n, tries or max_steps is below 1.

    Reference: Learning on the Job: An Experience-Driven, Self-Evolving Agent for Long-Horizon Tasks
    (MUSE), 2025, arXiv:2510.08002.

    Example::

        async def workflow(task):
            return await muse(task, n=2)
    """
    at_least_one("muse", n=n, tries=tries, max_steps=max_steps)
    strategic = show_entries(await lessons_near(task, 2), model)
    plan_role = "\n".join([role, *map(lesson_text, strategic)]).strip()
    parts = await split_question(task, n, role=plan_role, temperature=temperature, model=model)
    parts = parts[:n] or [task.question]
    answers: list[Answer] = []
    for part in parts:
        told = [f"{p}: {a.text}" for p, a in zip(parts, answers)]  # noqa: B905
        sub = Question(part, (*task.context, *told) if part != task.question else task.context)
        answer = await _work(sub, max_steps, role=role, temperature=temperature, model=model)
        if running().ended:
            return answer
        verdict = await verify(sub, answer, role=role, model=model)
        for _ in range(tries - 1):
            if verdict.ok:
                break
            revised = await revise(sub, answer, verdict.critique, role=role, model=model)
            answer = revised if revised.text else answer
            verdict = await verify(sub, answer, role=role, model=model)
        await reflect(sub, answer, verdict, model=model)
        answers.append(answer)
    if parts == [task.question]:
        return answers[0]
    whole = await merge_answers(
        task, parts, answers, instruction=instruction, role=role, temperature=temperature, model=model
    )
    await reflect(task, whole, await verify(task, whole, role=role, model=model), model=model)
    return whole


async def _work(part: Question, max_steps: int, *, role: str, temperature: float, model: str) -> Answer:
    """Solve a sub-task: by acting, told of procedures and tools, or in thought, with procedures."""
    gate = running().gate
    if gate is None:
        return await recall(part, 2, role=role, temperature=temperature, model=model)
    of_tools = [entry for tool in gate.tools for entry in await lessons_near(Question(tool.name), 1)]
    entries = {entry.id: entry for entry in (*await lessons_near(part, 2), *of_tools)}
    memory = "\n".join(map(lesson_text, show_entries(list(entries.values()), model)))
    return await agent(part, max_steps, memory=memory, role=role, temperature=temperature, model=model)
