"""A thinker sets a guideline, a planner makes steps of it, an executor carries them out."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.merge_answers import merge_answers
from masdesign.building_blocks.split_question import split_question
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="up to n + 3 calls", reference="arXiv:2309.16090", calls=lambda n=3, **_: n + 3)
async def thinker_planner_executor(
    task: Question,
    n: int = 3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Has a thinker set a guideline, a planner steps, an executor take them.

    It helps where it is not plain at first what a problem asks for, or which facts it needs. The
    executor sees the problem and the results so far at every step, then answers from all results; a
    wrong guideline misleads all that follow.
    Where no steps can be read, the executor solves the problem by the guideline in one call.
    Thinker and planner have roles of their own; ``role`` is the executor's, ``instruction`` (of its
    answer) and ``temperature`` too.

    Cost: n + 3 calls; 3 where no steps can be read.

    The item fails where n is below 1.

    Reference: Wang et al. 2023, TPE: Towards Better Compositional Reasoning over Conceptual Tools with
    Multi-persona Collaboration, arXiv:2309.16090.

    Example::

        async def workflow(task):
            return await thinker_planner_executor(task, n=2)
    """
    at_least_one("thinker_planner_executor", n=n)
    thought = await ask(
        "Do not solve the problem. Say in one sentence what matters in it.",
        task,
        role="You are a thinker.",
        output="guideline",
        model=model,
    )
    steps = await split_question(
        Question(f"{task.question}\nGuideline: {thought.text}", task.context, task.choices),
        n,
        role="You are a planner.",
        model=model,
    )
    results: list[Answer] = []
    for step in steps:
        done = [f"{q} {a.text or 'unknown'}" for q, a in zip(steps, results)]  # noqa: B905
        results.append(
            await ask(
                f"Take only this step: {step}", task, *done, role=role, temperature=temperature, model=model
            )
        )
    if results:
        return await merge_answers(
            task,
            steps,
            results,
            instruction=instruction,
            role=role,
            temperature=temperature,
            model=model,
        )
    return await ask(
        instruction or "Solve the problem step by step.",
        task,
        f"Guideline: {thought.text}",
        role=role,
        temperature=temperature,
        model=model,
    )
