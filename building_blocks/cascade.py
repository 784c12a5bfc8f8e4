"""Ask a small model first, a large one where the small is in doubt."""

from dataclasses import replace

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.next_step import next_step
from masdesign.building_blocks.rate import rate
from masdesign.building_blocks.verify import verify
from masdesign.types import Answer, Question
from masdesign.workflow import agreement, block, gather, majority, running

COMPLETE = "Complete this solution, step by step."
STEPS = 6
"""Steps that are checked before the rest is left to one call."""


@block(
    cost="n to 2 * n calls",
    reference="arXiv:2305.05176",
    calls=lambda n=3, hand_over="answer", **_: 2 * STEPS + 1 if hand_over == "step" else max(2 * n, 4),
)
async def cascade(
    task: Question,
    n: int = 3,
    below: float = 0.7,
    *,
    hand_over: str = "answer",
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

    With ``hand_over="step"`` the small model takes one step after another, and rates the solution so far
    after each. The first step after which that is less than ``below`` is dropped, and the large model
    completes what stands before it, in one call; without a ``large_model`` the same model does, at
    ``temperature``. The small model's own steps are taken at 0, and n is of no use.

    Cost: n calls (2 where n is 1), where in doubt one more of the large model, or n more of the same. By
    steps 2 calls a step of the small model, of at most 6, and 1 to complete.

    The item fails where n is below 1, or ``hand_over`` is neither.

    References: Chen, Zaharia, Zou 2023, FrugalGPT: How to Use Large Language Models While Reducing
    Cost and Improving Performance, arXiv:2305.05176; doubt from agreement: Yue et al. 2023, Large
    Language Model Cascades with Mixture of Thoughts Representations for Cost-efficient Reasoning,
    arXiv:2310.03094; at a step: Sun et al. 2024, AdaSwitch: Adaptive Switching between Small and Large
    Agents for Effective Cloud-Local Collaborative Learning, arXiv:2410.13181 (its small agent is trained to
    see its own errors, and may go on after it was helped; here it rates itself, and has handed over).

    Example::

        async def workflow(task):
            return await cascade(task, n=3, below=1.0)
    """
    at_least_one("cascade", n=n)
    if hand_over not in ("answer", "step"):
        raise running().failed(f"cascade: hand_over is {hand_over[:50]!r}", "give answer or step")
    if hand_over == "step":
        steps = await _steps_until_doubt(task, below, instruction=instruction, role=role, model=model)
        if steps.text:
            return steps
        heat, who = (0.0, large_model) if large_model else (temperature, model)
        if not steps.reasoning:
            return await chain_of_thought(task, role=role, temperature=heat, model=who)
        rest = await ask(COMPLETE, task, steps, role=role, temperature=heat, model=who)
        return replace(rest, reasoning=f"{steps.reasoning}\n{rest.reasoning}")

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


async def _steps_until_doubt(
    task: Question, below: float, *, instruction: str, role: str, model: str
) -> Answer:
    """The small model's steps before the first rated less than ``below``; to the answer, where none is."""
    steps = Answer("")
    for _ in range(STEPS):
        longer = await next_step(
            task, steps, instruction=instruction, role=role, temperature=0.0, model=model
        )
        if await rate(task, longer, role=role, model=model) < below:
            break
        steps = longer
        if steps.text:
            break
    return steps
