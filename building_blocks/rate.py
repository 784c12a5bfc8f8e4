"""Give a value to a solution, whole or partial."""

from masdesign.building_blocks._step import reply, solution
from masdesign.building_blocks.read import read_score
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2305.10601", templates=("rate",))
async def rate(
    task: Question,
    answer: Answer,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> float:
    """Rates a solution, whole or partial: 0 for hopeless, 1 for surely right.

    It helps where steps are searched over, or where a vote needs weights: unlike `verify` it also
    takes a solution without an answer yet, as `next_step` gives it.
    A reply without a number from 0 to 10 rates 0.

    Cost: 1 call.

    Reference: Yao et al. 2023, Tree of Thoughts: Deliberate Problem Solving with Large Language
    Models, arXiv:2305.10601 (the value of a state).

    Example::

        async def workflow(task):
            drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])
            values = await gather(*[rate(task, draft) for draft in drafts])
            return weighted_majority(drafts, values)
    """
    reply_text = await reply(
        "rate",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        steps=answer.reasoning.strip() if not answer.text else solution(answer),
        instruction=instruction,
    )
    return (read_score(reply_text, "score", 10) or 0.0) / 10
