"""Draw until the vote has settled."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather, lead_confidence, majority


@block(cost="up to n calls", reference="arXiv:2305.11860", calls=lambda n=16, **_: n)
async def adaptive_consistency(
    task: Question,
    n: int = 16,
    wave: int = 2,
    confidence: float = 0.95,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Draws in small waves until the vote has settled, and returns its winner.

    It helps where some problems are easy and some are not: the easy ones stop after a few draws, so a
    budget of n calls costs far less than n on average, at nearly the score of `self_consistency`.
    It stops once the leading answer is ahead of the next one with the given ``confidence``
    (`lead_confidence`: four equal draws reach 0.95). A model that errs in one way only settles on
    its error early. Larger waves take fewer rounds and waste more draws.

    Cost: up to n calls; 4 where the first draws agree.

    The item fails where n or wave is below 1.

    Reference: Aggarwal et al. 2023, Let's Sample Step by Step: Adaptive-Consistency for Efficient
    Reasoning and Coding with LLMs, arXiv:2305.11860.

    Example::

        async def workflow(task):
            return await adaptive_consistency(task, n=10)
    """
    at_least_one("adaptive_consistency", n=n, wave=wave)
    drafts: list[Answer] = []
    while len(drafts) < n and lead_confidence(drafts) < confidence:
        drafts += await gather(
            *[
                chain_of_thought(
                    task, instruction=instruction, role=role, temperature=temperature, model=model
                )
                for _ in range(min(wave, n - len(drafts)))
            ]
        )
    return majority(drafts)
