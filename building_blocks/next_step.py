"""One more step of a solution."""

from dataclasses import replace

from masdesign.building_blocks._asking import read_stated
from masdesign.building_blocks._step import reply
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2305.10601", templates=("next_step",))
async def next_step(
    task: Question,
    steps: Answer,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Adds one step to a solution that is not complete yet.

    Use it to search over steps: draw several next steps, `rate` each, go on from the best. Begin
    with ``Answer("")``. The result's ``reasoning`` holds the steps so far and the new one; its
    ``text`` is filled once the answer is reached.
    A solution that has its answer is given back as it is, without a call.

    Cost: 1 call (none where the answer is there already).

    Reference: Yao et al. 2023, Tree of Thoughts: Deliberate Problem Solving with Large Language
    Models, arXiv:2305.10601 (the thought generator).

    Example::

        async def workflow(task):
            state = Answer("")
            for _ in range(6):
                state = await next_step(task, state)
                if state.text:
                    return state
            return await chain_of_thought(task)
    """
    if steps.text:
        return steps
    so_far = steps.reasoning.strip()
    reply_text = await reply(
        "next_step",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        steps=so_far,
        instruction=instruction,
    )
    longer = "\n".join(part for part in (so_far, reply_text.strip()) if part)
    return replace(read_stated(reply_text, task), reasoning=longer)
