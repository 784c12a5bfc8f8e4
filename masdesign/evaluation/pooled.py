"""Several evaluations of one design as one: replicates in other worlds, or other splits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from masdesign.evaluation.evaluation import Evaluation, ModelCost, counted
from masdesign.spending.price import known_usd
from masdesign.statistics.intervals import mean_interval
from masdesign.types import FailureKind


@dataclass(frozen=True, slots=True)
class Pooled:
    """The figures of an `Evaluation`, over all that were pooled."""

    score: float
    low: float
    high: float
    items: int
    """Different items that were scored."""
    unscored: int
    tokens_per_item: float
    calls_per_item: float
    usd_per_item: float | None
    """``None`` where the model's price is not known."""
    failures: dict[FailureKind, int]
    by_model: dict[str, dict[str, float]]
    """Costs an item by the name of the model; empty where one model answered."""


def pool(evaluations: Sequence[Evaluation]) -> Pooled:
    """Figures over several evaluations of a design.

    An item's score is its mean over the worlds, so the interval is over items: more worlds take the
    noise of sampling out of it, not the noise of which items were asked.
    """
    by_item: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for evaluation in evaluations:
        for item, score in evaluation.scores.items():
            by_item[evaluation.split, item].append(score)
    means = [sum(scores) / len(scores) for scores in by_item.values()]
    low, high = mean_interval(means)
    runs = sum(evaluation.items for evaluation in evaluations)

    def mean(name: str) -> float:
        total = sum(getattr(evaluation, name) * evaluation.items for evaluation in evaluations)
        return float(total / runs) if runs else 0.0

    return Pooled(
        score=sum(means) / len(means) if means else 0.0,
        low=low,
        high=high,
        items=len(means),
        unscored=sum(evaluation.unscored for evaluation in evaluations),
        tokens_per_item=mean("tokens_per_item"),
        calls_per_item=mean("calls_per_item"),
        usd_per_item=known_usd(
            mean("usd_per_item"), mean("tokens_per_item"), evaluations[0].model if evaluations else ""
        ),
        failures=counted(sum((Counter(e.failures) for e in evaluations), Counter())),
        by_model=_by_model(evaluations, runs),
    )


def _by_model(evaluations: Sequence[Evaluation], runs: int) -> dict[str, dict[str, float]]:
    names = sorted({name for evaluation in evaluations for name in evaluation.by_model})
    none = ModelCost(0.0, 0.0, 0.0)
    return {
        name: {
            cost: sum(getattr(e.by_model.get(name, none), cost) * e.items for e in evaluations) / runs
            for cost in ModelCost._fields
        }
        for name in names
    }
