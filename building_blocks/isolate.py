"""Answer each part of a problem from its own passage alone."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._passages import passages_for
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.merge_answers import merge_answers
from masdesign.building_blocks.split_question import split_question
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather


@block(cost="up to 2n + 2 calls", reference="arXiv:2210.02406", calls=lambda n=4, **_: 2 * n + 2)
async def isolate(
    task: Question,
    n: int = 4,
    passages: int = 1,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Splits a problem into parts, and answers each from its own passages alone.

    It helps where the parts of a problem lie in separate contexts, such as one figure in each of several
    statements: nobody has to keep them apart, and no prompt is long. The passages are found by
    retrieval where the task declares the tool ``retrieval`` (``passages`` of them a part), else the
    model names them, one call more a part. What was not found is lost; where everything hangs together,
    `decompose` sees more. The answers are merged without the passages; an ``instruction`` replaces that
    last request. Where the problem could not be split, this is `chain_of_thought`; where it has
    no passages, each part is shown with the problem itself.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: 2n + 2 calls at most; n + 2 with retrieval by words.

    The item fails where n or ``passages`` is below 1.

    Reference: Khot et al. 2022, Decomposed Prompting: A Modular Approach for Solving Complex Tasks,
    arXiv:2210.02406 (retrieval as a sub-task of each question).

    Example::

        async def workflow(task):
            return await isolate(task, n=4)
    """
    at_least_one("isolate", n=n, passages=passages)
    questions = await split_question(task, n, role=role, temperature=temperature, model=model)
    if not questions:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    whole = task.context or (task.question,)
    excerpts = await gather(
        *[
            passages_for(question, whole, passages, role=role, temperature=temperature, model=model)
            for question in questions
        ]
    )
    parts = [Question(question, kept) for question, kept in zip(questions, excerpts, strict=True)]
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
