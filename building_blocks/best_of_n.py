"""Keep the best of several draws, by a judge."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.rate import rate
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather


@block(cost="2 * n calls", reference="arXiv:2110.14168", calls=lambda n=4, **_: 2 * n)
async def best_of_n(
    task: Question,
    n: int = 4,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Draws n solutions, has a judge rate each, and returns the best.

    It helps where the right answer is rare among the draws and the judge knows it when it sees it. With a
    poor judge a vote of 2 * n draws is better for the same cost: the more draws, the more often one
    is found that fools it. Of solutions rated alike, the first is returned.
    Draws without an answer are not rated. ``temperature`` is that of the draws; the judge's is 0.

    Cost: 2 * n calls.

    The item fails where n is below 1.

    Reference: Cobbe et al. 2021, Training Verifiers to Solve Math Word Problems, arXiv:2110.14168.

    Example::

        async def workflow(task):
            return await best_of_n(task, n=3)
    """
    at_least_one("best_of_n", n=n)
    drafts = await gather(
        *[
            chain_of_thought(task, instruction=instruction, role=role, temperature=temperature, model=model)
            for _ in range(n)
        ]
    )
    readable = [draft for draft in drafts if draft.text]
    if len(readable) < 2:
        return (readable or drafts)[0]
    values = await gather(*[rate(task, draft, role=role, model=model) for draft in readable])
    return readable[values.index(max(values))]
