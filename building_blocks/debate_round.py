"""Solve again, after seeing what others answered."""

from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._step import reply, solution
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2305.14325", templates=("debate_round",))
async def debate_round(
    task: Question,
    own: Answer,
    others: list[Answer],
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Solves again, after seeing the solutions of others beside its own.

    It helps where drafts disagree and the right one convinces when seen. Two or three debaters and
    one or two rounds are usual; the prompt grows with each solution shown, so mind the window.
    ``text`` is empty where no answer could be read from the reply.

    Cost: 1 call for each debater and round.

    Reference: Du et al. 2023, Improving Factuality and Reasoning in Language Models through
    Multiagent Debate, arXiv:2305.14325.

    Example::

        async def workflow(task):
            drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])
            again = await gather(
                *[debate_round(task, drafts[i], drafts[:i] + drafts[i + 1 :]) for i in range(len(drafts))]
            )
            return majority(again)
    """
    reply_text = await reply(
        "debate_round",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        own=solution(own),
        others=[solution(other) for other in others],
        instruction=instruction,
    )
    return read_reply(reply_text, task)
