"""Refine a draft by one's own feedback, until there is none."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.revise import revise
from masdesign.building_blocks.verify import verify
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(
    cost="up to 2 * rounds + 1 calls",
    reference="arXiv:2303.17651",
    calls=lambda rounds=2, **_: 2 * rounds + 1,
)
async def self_refine(
    task: Question,
    rounds: int = 2,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Refines its own draft until its feedback finds no fault.

    It helps where the feedback finds real mistakes. A model that cannot tell its right solutions from its
    wrong ones does no better than a draft, and may spoil right ones.
    The feedback of all earlier rounds stays in view, as in the paper; of the solutions, the last one
    alone. A refinement without an answer is dropped.
    ``temperature`` is that of the draft and the refinements; the feedback's is 0.

    Cost: 2 calls where the draft is found right, 2 * rounds + 1 at most.

    The item fails where rounds is below 1.

    Reference: Madaan et al. 2023, Self-Refine: Iterative Refinement with Self-Feedback,
    arXiv:2303.17651.

    Example::

        async def workflow(task):
            return await self_refine(task, rounds=3)
    """
    at_least_one("self_refine", rounds=rounds)
    draft = await chain_of_thought(
        task, instruction=instruction, role=role, temperature=temperature, model=model
    )
    feedback: list[str] = []
    for _ in range(rounds):
        verdict = await verify(task, draft, role=role, model=model)
        if verdict.ok:
            break
        feedback.append(verdict.critique)
        better = await revise(
            task, draft, "\n".join(feedback), role=role, temperature=temperature, model=model
        )
        draft = better if better.text else draft
    return draft
