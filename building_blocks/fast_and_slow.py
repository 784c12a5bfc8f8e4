"""Answer fast, and think slowly where the fast answer is doubted."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._by_need import MOST, solve_by_need
from masdesign.building_blocks.direct import direct
from masdesign.building_blocks.self_consistency import self_consistency
from masdesign.building_blocks.verify import verify
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Question
from masdesign.workflow import block, gather, running


@block(
    cost="2 to n + 2 calls",
    reference="arXiv:2409.17433",
    calls=lambda n=5, slow="vote", trust=(), **_: n + max(2, len(trust or ())) + MOST * (slow != "vote"),
)
async def fast_and_slow(
    task: Question,
    n: int = 5,
    *,
    slow: str = "vote",
    trust: list[float] | None = None,
    below: float | None = None,
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
    doubted without a check. The slow part is a `self_consistency`, by ``slow_model`` where one is named and
    otherwise by the same model. ``instruction`` is that of the vote, ``temperature`` that of the fast
    answer; a vote draws at 0.8 at least.

    With ``slow="workflow"`` the slow part designs a workflow for the problem: it splits it, gives each part
    its own passages and the answers that its wording refers to, votes on the parts in the order of their
    needs, and merges. Only a problem that could not be split, or whose merge gave no answer, is voted on.

    ``trust`` makes the doubt a calibrated one: of k + 1 numbers, the i-th is the chance that a fast answer is
    right which i of k checks approve, as measured on labelled problems. The answer is doubted where that is
    less than ``below`` (0.5): the chance that the slow part is right. The strategy ``fitted`` measures both
    on `train`. Without it one check decides.

    Cost: 2 calls, n more where the fast answer is doubted; a workflow takes up to 18 more, ``trust`` a call
    for each check.

    The item fails where n is below 1, ``slow`` is neither, or ``trust`` has fewer than two numbers.

    References: Yao et al. 2024, HDFlow: Enhancing LLM Complex Problem-Solving with Hybrid Thinking
    and Dynamic Workflows, arXiv:2409.17433; Lin et al. 2023, SwiftSage: A Generative Agent with Fast
    and Slow Thinking for Complex Interactive Tasks, arXiv:2305.17390. HDFlow trains its fast mode, and its
    slow one writes experts as prompts and programs; here both ask the same model, and a part's expert is a
    vote.

    Example::

        async def workflow(task):
            return await fast_and_slow(task, n=3, slow="workflow", trust=[0.2, 0.4, 0.9], below=0.6)
    """
    at_least_one("fast_and_slow", n=n)
    if slow not in ("vote", "workflow") or (trust is not None and len(trust) < 2):
        raise running().failed(
            f"fast_and_slow: slow is {slow[:50]!r}, trust {trust}",
            "give vote or workflow, and a number for each count of approvals from 0",
        )
    fast = await direct(task, role=role, temperature=temperature, model=model)
    if fast.text:
        checks = len(trust) - 1 if trust else 1
        drawn = SAMPLING_TEMPERATURE if checks > 1 else 0.0
        asked = [verify(task, fast, role=role, temperature=drawn, model=model) for _ in range(checks)]
        approvals = sum(verdict.ok for verdict in await gather(*asked))
        if (trust or [0.0, 1.0])[approvals] >= (0.5 if below is None else below):
            return fast
    drawn, who = max(temperature, SAMPLING_TEMPERATURE), slow_model or model
    if slow == "workflow":
        merged = await solve_by_need(task, role=role, model=who)
        if merged is not None and merged.text:
            return merged
    return await self_consistency(task, n, instruction=instruction, role=role, temperature=drawn, model=who)
