"""Solve a problem as similar ones were solved."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._examples import is_right, similar_examples
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.few_shot import few_shot
from masdesign.types import Answer, Example, Question
from masdesign.workflow import block, gather


@block(cost="up to n + 1 calls", reference="arXiv:2101.06804", calls=lambda n=3, **_: n + 1)
async def similar_cases(
    task: Question,
    n: int = 3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Solves a problem as the n solved problems most similar to it were solved.

    Case-based reasoning, with the `train` items as its memory. It helps where problems come in kinds
    and what worked on one works on the next of its kind. The cases are those that share most words
    with the problem (BM25), so it can be misled by names and numbers. What worked on a case is its
    worked solution, where the data have one; else the model solves it, and the case is shown where
    its answer is the known one. The closest case is shown first. Where no case is left, this is
    `chain_of_thought`. ``text`` is empty where no answer could be read from the last reply.

    Cost: n + 1 calls at most; 1 where the data have worked solutions.

    The item fails where n is below 1.

    References: Liu et al. 2021, What Makes Good In-Context Examples for GPT-3?, arXiv:2101.06804; Guo
    et al. 2024, DS-Agent: Automated Data Science by Empowering Large Language Models with Case-Based
    Reasoning, arXiv:2402.17453.

    Example::

        async def workflow(task):
            return await similar_cases(task, n=2)
    """
    at_least_one("similar_cases", n=n)

    async def worked(case: Example) -> Answer:
        if case.solution:
            return Answer(case.answer, case.solution)
        solved = await chain_of_thought(case.question, role=role, temperature=temperature, model=model)
        return solved if is_right(solved, case) else Answer("")

    cases = similar_examples(task, n)
    solutions = await gather(*[worked(case) for case in cases])
    kept = [(case, solution) for case, solution in zip(cases, solutions, strict=True) if solution.text]
    return await few_shot(
        task,
        questions=[case.question for case, _ in kept],
        solutions=[solution for _, solution in kept],
        instruction=instruction,
        role=role,
        temperature=temperature,
        model=model,
    )
