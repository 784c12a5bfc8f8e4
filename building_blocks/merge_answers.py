"""Solve a problem from the answers to its parts."""

from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._step import reply
from masdesign.building_blocks._window import line_that_fits
from masdesign.types import Answer, Question
from masdesign.workflow import block, running


@block(cost="1 call", reference="arXiv:2210.02406", templates=("merge_answers",))
async def merge_answers(
    task: Question,
    questions: list[str],
    answers: list[Answer],
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Solves a problem from the answers to simpler questions.

    It helps after `split_question`, where the parts were answered apart. Only the short answers are
    shown, not how they were found; a wrong part makes a wrong whole. Give it the task without its
    passages, ``Question(task.question)``, where the parts hold all that is needed.
    ``text`` is empty where no answer could be read from the reply.

    Cost: 1 call.

    The item fails where there are not as many answers as questions.

    Reference: Khot et al. 2022, Decomposed Prompting: A Modular Approach for Solving Complex Tasks,
    arXiv:2210.02406.

    Example::

        async def workflow(task):
            questions = await split_question(task)
            answers = await gather(*[chain_of_thought(Question(q, task.context)) for q in questions])
            return await merge_answers(task, questions, answers)
    """
    if len(questions) != len(answers):
        raise running().failed(
            f"merge_answers: {len(questions)} questions but {len(answers)} answers",
            "give one answer a question",
        )
    reply_text = await reply(
        "merge_answers",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        parts=[
            (question, line_that_fits(answer.text, model) or "unknown")
            for question, answer in zip(questions, answers, strict=True)
        ],
        instruction=instruction,
    )
    return read_reply(reply_text, task)
