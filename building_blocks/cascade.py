"""Ask a small model first, a large one where the small is in doubt."""

from __future__ import annotations

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.verify import verify
from masdesign.types import Answer, Question
from masdesign.workflow import agreement, block, gather, majority


@block(cost="n to 2 * n calls", reference="arXiv:2305.05176", calls=lambda n=3, **_: max(2 * n, 4))
async def cascade(
    task: Question,
    n: int = 3,
    below: float = 0.7,
    *,
    large_model: str = "",
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Asks a small model first, and a large one only where the first answers are in doubt.

    The small one is ``model``, the large one ``large_model``. It helps where most problems are easy and
    the large model is dear: only doubted problems pay for it. A small model that errs in one way only
    is never in doubt, and its errors stay.
    With n drafts there is doubt where they agree less than ``below``, otherwise their vote stands. With
    n = 1 there is doubt where the small model judges its own draft wrong. The large model then answers
    once, step by step, at temperature 0. Without a ``large_model`` the same model draws as many again
    (at least two), and all drafts vote.

    Cost: n calls (2 where n is 1), where in doubt one more of the large model, or n more of the same.

    The item fails where n is below 1.

    References: Chen, Zaharia, Zou 2023, FrugalGPT: How to Use Large Language Models While Reducing
    Cost and Improving Performance, arXiv:2305.05176; doubt from agreement: Yue et al. 2023, Large
    Language Model Cascades with Mixture of Thoughts Representations for Cost-efficient Reasoning,
    arXiv:2310.03094.

    Example::

        async def workflow(task):
            return await cascade(task, n=3, below=1.0)
    """
    at_least_one("cascade", n=n)

    async def drawn(count: int) -> list[Answer]:
        return await gather(
            *[
                chain_of_thought(
                    task, instruction=instruction, role=role, temperature=temperature, model=model
                )
                for _ in range(count)
            ]
        )

    drafts = await drawn(n)
    if n == 1:
        sure = (await verify(task, drafts[0], role=role, model=model)).ok
    else:
        sure = agreement(drafts) >= below
    if sure:
        return majority(drafts)
    if large_model:
        return await chain_of_thought(task, instruction=instruction, role=role, model=large_model)
    return majority(drafts + await drawn(max(n, 2)))
