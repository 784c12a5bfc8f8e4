"""Recall relevant problems and their solutions, then solve."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._step import reply
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2310.01714", templates=("analogical",))
async def analogical(
    task: Question,
    n: int = 3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Recalls n relevant problems with their solutions, then solves the problem, in one reply.

    Analogical prompting: demonstrations of the model's own, made for this problem. It helps where the
    model knows problems like this one and no solved ones are at hand. A small model recalls wrong
    solutions, and is led astray by them; `similar_cases` shows solved ones.
    ``text`` is empty where no answer could be read from the reply.

    Cost: 1 call, with a long reply.

    The item fails where n is below 1.

    Reference: Yasunaga et al. 2023, Large Language Models as Analogical Reasoners, arXiv:2310.01714.

    Example::

        async def workflow(task):
            return await analogical(task, n=2)
    """
    at_least_one("analogical", n=n)
    reply_text = await reply(
        "analogical",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        n=n,
        instruction=instruction,
    )
    return read_reply(reply_text, task)
