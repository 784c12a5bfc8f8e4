"""The first candidates of every run: the plain ways to answer, on val."""

from __future__ import annotations

from collections.abc import Sequence

from masdesign.errors import BudgetExhausted, ProviderError
from masdesign.evaluation import (
    Curve,
    EvaluationCut,
    Point,
    direct,
    evaluate_votes,
    self_consistency_design,
    step_by_step,
)
from masdesign.search.candidate import Candidate
from masdesign.search.stages import SCREEN_ITEMS, Stages
from masdesign.types import SAMPLING_TEMPERATURE

VOTES = (1, 3, 5, 9)
"""Self-consistency at these k stands beside every winner."""
VOTES_SHARE = 1 / 3
"""Share of the search's budget that the votes may take; a small budget measures them on part of val."""


async def try_baselines(stages: Stages, call_cost: float) -> list[Candidate]:
    """Direct, step by step (cold and warm), and the votes, as candidates 0, 1, 2 …

    Direct and step by step answer all of val, the votes as much of it as `VOTES_SHARE` allows.

    Raises:
        BudgetExhausted: before step by step was evaluated in full.
        ProviderError: the model failed so many items that there is nothing to compare with.
    """
    designs = [direct(), step_by_step(), step_by_step(SAMPLING_TEMPERATURE)]
    plain = [Candidate(index, design) for index, design in enumerate(designs)]
    await stages.extend(plain, stages.task.val)
    _check_complete(plain, stages)
    votes = [Candidate(len(plain) + i, self_consistency_design(k)) for i, k in enumerate(VOTES)]
    await _try_votes(votes, stages, call_cost)
    return [*plain, *votes]


def step_temperature(baselines: Sequence[Candidate]) -> float:
    """The temperature at which step by step did better on val: 0, or that of a draw; 0 in a tie."""
    by_id = {candidate.design.id: candidate.evaluation for candidate in baselines}
    cold, warm = (by_id.get(step_by_step(t).id) for t in (0.0, SAMPLING_TEMPERATURE))
    better = cold is not None and warm is not None and warm.complete and warm.score > cold.score
    return SAMPLING_TEMPERATURE if better else 0.0


def val_curve(baselines: Sequence[Candidate]) -> Curve:
    """The reference curve on val, of the baselines that were evaluated in full."""
    temperature = step_temperature(baselines)
    names = {direct().id: ("direct", None), step_by_step(temperature).id: ("step_by_step", None)}
    known: dict[str, tuple[str, int | None]] = {
        **names,
        **{self_consistency_design(k).id: (f"self_consistency_{k}", k) for k in VOTES},
    }
    points = [
        Point(*known[candidate.design.id], candidate.evaluation)
        for candidate in baselines
        if candidate.evaluation is not None and candidate.complete and candidate.design.id in known
    ]
    return Curve(tuple(points), temperature)


async def _try_votes(votes: Sequence[Candidate], stages: Stages, call_cost: float) -> None:
    val, ledger = stages.task.val, stages.ledger
    if stages.cut:
        return
    affordable = len(val)
    if call_cost and ledger.limit != float("inf"):
        affordable = int(VOTES_SHARE * ledger.limit / (VOTES[-1] * call_cost))
    items = val[: max(SCREEN_ITEMS, affordable)]
    try:
        found = await evaluate_votes(
            stages.task, "val", stages.runtime, VOTES, items=items, ledger=ledger, on_result=stages.on_result
        )
    except EvaluationCut:
        stages.cut = True
        return
    for candidate, evaluation in zip(votes, found.values(), strict=True):
        candidate.extend(evaluation)
        candidate.stage = "complete" if candidate.complete else "screened"


def _check_complete(plain: Sequence[Candidate], stages: Stages) -> None:
    if any(candidate.complete for candidate in plain):
        return
    if stages.cut:
        raise BudgetExhausted(
            f"the budget ran out before a first design was evaluated on {len(stages.task.val)} val items; "
            "give a larger --budget, or fewer --items"
        )
    failures = [r.failure for c in plain if c.evaluation for r in c.evaluation.results if r.failure]
    reason = f" ({failures[0].message})" if failures else ""
    raise ProviderError(f"the model failed on too many items to compare designs{reason}; try again later")
