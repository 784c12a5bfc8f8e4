"""Vote over several draws, each weighted by a judge."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.rate import rate
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather, majority, weighted_majority


@block(cost="2 * n calls", reference="arXiv:2206.02336", calls=lambda n=5, **_: 2 * n)
async def weighted_vote(
    task: Question,
    n: int = 5,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Draws n solutions and returns the answer to which a judge gives most weight.

    It helps where the judge knows more than chance but errs at times: the vote evens its errors out,
    where `best_of_n` follows the worst of them. A plain vote of 2 * n draws costs the same, and
    is the bar. Where the judge gives weight to none, this is a plain vote.
    Draws without an answer are not rated. ``temperature`` is that of the draws; the judge's is 0.

    Cost: 2 * n calls.

    The item fails where n is below 1.

    Reference: Li et al. 2022, Making Large Language Models Better Reasoners with Step-Aware
    Verifier, arXiv:2206.02336 (the voting verifier).

    Example::

        async def workflow(task):
            return await weighted_vote(task, n=3)
    """
    at_least_one("weighted_vote", n=n)
    drafts = await gather(
        *[
            chain_of_thought(task, instruction=instruction, role=role, temperature=temperature, model=model)
            for _ in range(n)
        ]
    )
    readable = [draft for draft in drafts if draft.text]
    values = await gather(*[rate(task, draft, role=role, model=model) for draft in readable])
    return weighted_majority(readable, values) if any(values) else majority(drafts)
