"""Answer at once, without any steps."""

from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._step import reply
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2005.14165", templates=("direct",))
async def direct(
    task: Question, *, instruction: str = "", role: str = "", temperature: float = 0.0, model: str = ""
) -> Answer:
    """Answers at once, without any steps.

    The cheapest block: a reply of a few tokens. It helps where a problem needs no steps, as a first
    guess whose `agreement` says how hard a problem is, and as the low end of the cost curve.
    ``text`` is empty where no answer could be read from the reply.

    Cost: 1 call, a short reply.

    Reference: Brown et al. 2020, Language Models are Few-Shot Learners, arXiv:2005.14165.

    Example::

        async def workflow(task):
            return await direct(task)
    """
    reply_text = await reply(
        "direct", role=role, temperature=temperature, model=model, task=task, instruction=instruction
    )
    return read_reply(reply_text, task)
