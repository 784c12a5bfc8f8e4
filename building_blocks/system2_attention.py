"""Drop what does not matter, then solve."""

from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.focus import focus
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="2 calls", reference="arXiv:2311.11829", calls=2)
async def system2_attention(
    task: Question,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Writes the problem again without what does not matter, then solves what is left.

    It helps where a problem is full of distractors, opinions or passages that it
    does not need. What is dropped by mistake is lost, so it hurts where everything matters. An
    ``instruction`` replaces the last request.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: 2 calls.

    Reference: Weston and Sukhbaatar 2023, System 2 Attention (is something you might need too),
    arXiv:2311.11829.

    Example::

        async def workflow(task):
            return await system2_attention(task)
    """
    kept = await focus(task, role=role, temperature=temperature, model=model)
    return await chain_of_thought(
        kept, instruction=instruction, role=role, temperature=temperature, model=model
    )
