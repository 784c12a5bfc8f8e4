"""Solve a problem by another way than those that were taken."""

from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._step import reply, solution
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2408.08435", templates=("solve_differently",))
async def solve_differently(
    task: Question,
    others: list[Answer],
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Solves a problem in a different way from the solutions that it is shown.

    It helps where independent draws repeat one mistake: solutions that differ on purpose fail
    apart, so a vote or a choice among them has more to go by.
    ``text`` is empty where no answer could be read from the reply.

    Cost: 1 call.

    Reference: Hu, Lu, Clune 2024, Automated Design of Agentic Systems, arXiv:2408.08435 (the
    quality-diversity agent of its archive).

    Example::

        async def workflow(task):
            first_way = await chain_of_thought(task)
            second_way = await solve_differently(task, [first_way])
            return await choose(task, [first_way, second_way])
    """
    reply_text = await reply(
        "solve_differently",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        others=[solution(other) for other in others],
        instruction=instruction,
    )
    return read_reply(reply_text, task)
