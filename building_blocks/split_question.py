"""Split a problem into simpler questions."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._step import reply
from masdesign.building_blocks._window import line_that_fits
from masdesign.building_blocks.read import read_numbered
from masdesign.types import Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2205.10625", templates=("split_question",))
async def split_question(
    task: Question,
    n: int = 4,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> list[str]:
    """Splits a problem into at most n simpler questions, in the order to answer them.

    It helps where a problem has parts that can be found apart: answer each with `chain_of_thought`,
    alone or with the passage it needs, and combine them with `merge_answers`.
    The list is empty where no question could be read from the reply.

    Cost: 1 call.

    The item fails where n is below 1.

    References: Zhou et al. 2022, Least-to-Most Prompting Enables Complex Reasoning in Large Language
    Models, arXiv:2205.10625; Khot et al. 2022, Decomposed Prompting, arXiv:2210.02406.

    Example::

        async def workflow(task):
            questions = await split_question(task, n=3)
            answers = await gather(*[direct(Question(q, task.context)) for q in questions])
            return await merge_answers(task, questions, answers)
    """
    at_least_one("split_question", n=n)
    reply_text = await reply(
        "split_question",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        n=n,
        instruction=instruction,
    )
    return [line_that_fits(line, model) for line in read_numbered(reply_text, "question")[:n]]
