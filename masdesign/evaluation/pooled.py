"""Several evaluations of one design as one: replicates in other worlds, or other splits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from masdesign.evaluation.evaluation import Evaluation, ModelCost, counted
from masdesign.evaluation.reducers import Draw, reducer_named
from masdesign.protocols import AnswerForm
from masdesign.spending.price import known_usd
from masdesign.statistics.clusters import groups_of
from masdesign.statistics.intervals import mean_interval
from masdesign.tasks.forms import LINE
from masdesign.types import FailureKind, Usage


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
    reasoning_per_item: float
    """Of the tokens, those that the model thought before it answered."""
    calls_per_item: float
    usd_per_item: float | None
    """``None`` where the model's price is not known."""
    failures: dict[FailureKind, int]
    by_model: dict[str, dict[str, float]]
    """Costs an item by the name of the model; empty where one model answered."""
    overhead: Usage
    """What judges and simulated users used in all: the run's spend, not the design's cost."""
    clusters: int
    """Independent groups of items, where some share their passages; else as many as items."""


def pool(evaluations: Sequence[Evaluation], reduce: str = "mean", form: AnswerForm = LINE) -> Pooled:
    """Figures over several evaluations of a design.

    An item's score is its worlds' scores reduced to one, by default their mean, so the interval is over
    items (clusters of those that share passages): more worlds take the noise of sampling out of it, not the
    noise of which items were asked.

    Parameters:
        reduce: of `masdesign.evaluation.reducers`; an item with too few draws for ``pass@K`` is unscored.
        form: the task's, which decides what a majority is.
    """
    reducer = reducer_named(reduce, form)
    by_item: defaultdict[tuple[str, str], list[Draw]] = defaultdict(list)
    clusters: dict[tuple[str, str], str] = {}
    for evaluation in evaluations:
        for result in evaluation.results:
            if result.score is not None:
                by_item[evaluation.split, result.item_id].append((result.answer, result.score))
        clusters |= {(evaluation.split, item): name for item, name in evaluation.clusters.items()}
    reduced = {item: score for item, draws in by_item.items() if (score := reducer(draws)) is not None}
    means, groups = list(reduced.values()), groups_of(tuple(reduced), clusters)
    low, high = mean_interval(means, groups=groups)
    runs = sum(evaluation.items for evaluation in evaluations)

    def mean(name: str) -> float:
        total = sum(getattr(evaluation, name) * evaluation.items for evaluation in evaluations)
        return float(total / runs) if runs else 0.0

    return Pooled(
        score=sum(means) / len(means) if means else 0.0,
        low=low,
        high=high,
        items=len(means),
        unscored=sum(evaluation.unscored for evaluation in evaluations) + len(by_item) - len(reduced),
        tokens_per_item=mean("tokens_per_item"),
        reasoning_per_item=mean("reasoning_per_item"),
        calls_per_item=mean("calls_per_item"),
        usd_per_item=known_usd(
            mean("usd_per_item"), mean("tokens_per_item"), evaluations[0].model if evaluations else ""
        ),
        failures=counted(sum((Counter(e.failures) for e in evaluations), Counter())),
        by_model=_by_model(evaluations, runs),
        overhead=sum((result.overhead for e in evaluations for result in e.results), Usage()),
        clusters=len(means) if groups is None else int(groups.max()) + 1,
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
