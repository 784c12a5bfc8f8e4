"""Split a problem, answer the parts apart, merge."""

from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.merge_answers import merge_answers
from masdesign.building_blocks.split_question import split_question
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather


@block(cost="up to n + 2 calls", reference="arXiv:2210.02406", calls=lambda n=4, **_: n + 2)
async def decompose(
    task: Question,
    n: int = 4,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Splits a problem into parts, answers each on its own, and merges the answers.

    It helps where the parts do not need each other's answers: each is easier than the whole, and all
    run at once. Where one part builds on another, `least_to_most` is right; where each needs but one
    of several passages, `isolate`. Every part is shown with the problem's passages, or with the problem
    itself where it has none; the answers are merged without the passages. An ``instruction`` replaces
    that last request. Where the problem could not be split, this is `chain_of_thought`.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: n + 2 calls at most: one to split, one a part, one to merge.

    The item fails where n is below 1.

    Reference: Khot et al. 2022, Decomposed Prompting: A Modular Approach for Solving Complex Tasks,
    arXiv:2210.02406.

    Example::

        async def workflow(task):
            return await decompose(task, n=3)
    """
    questions = await split_question(task, n, role=role, temperature=temperature, model=model)
    if not questions:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    parts = [Question(question, task.context or (task.question,)) for question in questions]
    answers = await gather(
        *[chain_of_thought(part, role=role, temperature=temperature, model=model) for part in parts]
    )
    return await merge_answers(
        Question(task.question, (), task.choices),
        questions,
        answers,
        instruction=instruction,
        role=role,
        temperature=temperature,
        model=model,
    )
