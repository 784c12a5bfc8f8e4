"""Answer simpler questions first, each with the answers before it."""

from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.merge_answers import merge_answers
from masdesign.building_blocks.split_question import split_question
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="up to n + 2 calls", reference="arXiv:2205.10625", calls=lambda n=4, **_: n + 2)
async def least_to_most(
    task: Question,
    n: int = 4,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Answers simpler questions first, in order, each with the answers before it.

    It helps where a problem is longer than what the model solves at once and its steps build on each
    other. A wrong answer early spoils what follows, and nothing runs at once: n + 2 calls one after
    the other. `decompose` is for parts that do not need each other. A sub-question is shown with the
    problem's passages, or with the problem itself where it has none; an ``instruction`` replaces the
    last request. Where the problem could not be split, this is `chain_of_thought`.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: n + 2 calls at most: one to split, one a question, one to solve.

    The item fails where n is below 1.

    Reference: Zhou et al. 2022, Least-to-Most Prompting Enables Complex Reasoning in Large Language
    Models, arXiv:2205.10625.

    Example::

        async def workflow(task):
            return await least_to_most(task, n=3)
    """
    questions = await split_question(task, n, role=role, temperature=temperature, model=model)
    if not questions:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    answers: list[Answer] = []
    for question in questions:
        part = Question(question, task.context or (task.question,))
        if answers:
            before = questions[: len(answers)]
            answer = await merge_answers(
                part, before, answers, role=role, temperature=temperature, model=model
            )
        else:
            answer = await chain_of_thought(part, role=role, temperature=temperature, model=model)
        answers.append(answer)
    return await merge_answers(
        task, questions, answers, instruction=instruction, role=role, temperature=temperature, model=model
    )
