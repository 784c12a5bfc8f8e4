"""Answer fast, and think slowly where the fast answer is doubted."""

from __future__ import annotations

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.direct import direct
from masdesign.building_blocks.self_consistency import self_consistency
from masdesign.building_blocks.verify import verify
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Question
from masdesign.workflow import block


@block(cost="2 to n + 2 calls", reference="arXiv:2409.17433", calls=lambda n=5, **_: n + 2)
async def fast_and_slow(
    task: Question,
    n: int = 5,
    *,
    slow_model: str = "",
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Answers at once, checks that, and where it is doubted votes over n step-by-step solutions.

    Hybrid thinking. It helps where many problems need no steps and the check is trustworthy: only the
    others cost more. A judge that leans to "right" lets fast errors through, and where nearly all
    problems need steps the two calls before are wasted. A fast reply without an answer is
    doubted without a check. The slow part is `self_consistency`, by ``slow_model`` where one is named and
    otherwise by the same model. ``instruction`` is that of the slow part, ``temperature`` that of the fast
    one; a vote draws at 0.8 at least.

    Cost: 2 calls, n more where the fast answer is doubted.

    The item fails where n is below 1.

    References: Yao et al. 2024, HDFlow: Enhancing LLM Complex Problem-Solving with Hybrid Thinking
    and Dynamic Workflows, arXiv:2409.17433; Lin et al. 2023, SwiftSage: A Generative Agent with Fast
    and Slow Thinking for Complex Interactive Tasks, arXiv:2305.17390.

    Example::

        async def workflow(task):
            return await fast_and_slow(task, n=3)
    """
    at_least_one("fast_and_slow", n=n)
    fast = await direct(task, role=role, temperature=temperature, model=model)
    if fast.text and (await verify(task, fast, role=role, model=model)).ok:
        return fast
    drawn, who = max(temperature, SAMPLING_TEMPERATURE), slow_model or model
    return await self_consistency(task, n, instruction=instruction, role=role, temperature=drawn, model=who)
