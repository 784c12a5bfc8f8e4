"""Vote over several draws of step-by-step reasoning."""

from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather, majority


@block(cost="n calls", reference="arXiv:2203.11171", calls=lambda n=5, **_: n)
async def self_consistency(
    task: Question,
    n: int = 5,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Draws n solutions step by step and returns the answer that most of them give.

    The bar that every design has to clear at the same cost. It helps where the model is right more
    often than it is wrong in any one way; gains flatten from about 9 draws on.
    Of the draws that give the winning answer, the first is returned.

    Cost: n calls.

    Reference: Wang et al. 2022, Self-Consistency Improves Chain of Thought Reasoning in Language
    Models, arXiv:2203.11171.

    Example::

        async def workflow(task):
            return await self_consistency(task, n=9)
    """
    drafts = await gather(
        *[
            chain_of_thought(task, instruction=instruction, role=role, temperature=temperature, model=model)
            for _ in range(n)
        ]
    )
    return majority(drafts)
