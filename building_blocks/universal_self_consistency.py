"""Let the model say which of several draws agrees best with the rest."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.choose import choose
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather, majority


@block(cost="n + 1 calls", reference="arXiv:2311.17311", calls=lambda n=3, **_: n + 1)
async def universal_self_consistency(
    task: Question,
    n: int = 3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Draws n solutions and picks the one that agrees best with the others.

    It helps where answers cannot be counted: free text, code, lists in any order. Where they can,
    `self_consistency` is cheaper and at least as good. All n solutions stand in one prompt, so mind
    the window. Where no choice can be read, the most frequent answer is returned.
    ``temperature`` is that of the draws; the choice is made at 0.

    Cost: n + 1 calls.

    The item fails where n is below 1.

    Reference: Chen et al. 2023, Universal Self-Consistency for Large Language Model Generation,
    arXiv:2311.17311.

    Example::

        async def workflow(task):
            return await universal_self_consistency(task, n=4)
    """
    at_least_one("universal_self_consistency", n=n)
    drafts = await gather(
        *[
            chain_of_thought(task, instruction=instruction, role=role, temperature=temperature, model=model)
            for _ in range(n)
        ]
    )
    chosen = await choose(
        task,
        drafts,
        instruction="Which solution agrees best with the others, as most of them have it? "
        "Give its number on the last line: Choice: ...",
        role=role,
        model=model,
    )
    return chosen if chosen.text else majority(drafts)
