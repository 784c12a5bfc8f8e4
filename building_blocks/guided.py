"""Solve a problem with a teacher's guidance."""

from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._step import reply
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2511.01093", calls=1, templates=("guided",))
async def guided(
    task: Question,
    guidance: str,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Solves a problem step by step, following a sentence of guidance.

    It helps where `guide`, or a person, has named what to do and which mistake to avoid.
    ``text`` is empty where no answer could be read from the reply.

    Cost: 1 call.

    Reference: Continual Learning, Not Training: Online Adaptation For Agents (ATLAS), 2025,
    arXiv:2511.01093.

    Example::

        async def workflow(task):
            return await guided(task, "Convert all units first.")
    """
    text = await reply(
        "guided",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        guidance=guidance,
        instruction=instruction,
    )
    return read_reply(text, task)
