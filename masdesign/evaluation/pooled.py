"""Several evaluations of one design as one: replicates in other worlds, or other splits."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation, ModelCost, counted
from masdesign.protocols import AnswerForm
from masdesign.spending.price import known_usd
from masdesign.statistics.clusters import groups_of
from masdesign.statistics.intervals import mean_interval
from masdesign.tasks.forms import LINE
from masdesign.types import Answer, FailureKind, Usage


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
        reduce: of `masdesign.evaluation.pooled`; an item with too few draws for ``pass@K`` is unscored.
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

    usd, tokens, models = mean("usd_per_item"), mean("tokens_per_item"), [e.model for e in evaluations]
    return Pooled(
        score=sum(means) / len(means) if means else 0.0,
        low=low,
        high=high,
        items=len(means),
        unscored=sum(evaluation.unscored for evaluation in evaluations) + len(by_item) - len(reduced),
        tokens_per_item=tokens,
        reasoning_per_item=mean("reasoning_per_item"),
        calls_per_item=mean("calls_per_item"),
        usd_per_item=known_usd(usd, tokens, models[0] if models else ""),
        failures=counted(sum((Counter(e.failures) for e in evaluations), Counter())),
        by_model=_by_model(evaluations, runs),
        overhead=sum((result.overhead for e in evaluations for result in e.results), Usage()),
        clusters=len(means) if groups is None else int(groups.max()) + 1,
    )


def _by_model(evaluations: Sequence[Evaluation], runs: int) -> dict[str, dict[str, float]]:
    names = sorted({name for evaluation in evaluations for name in evaluation.by_model})
    none = ModelCost(0.0, 0.0, 0.0)

    def mean(name: str, cost: str) -> float:
        return float(sum(getattr(e.by_model.get(name, none), cost) * e.items for e in evaluations) / runs)

    return {name: {cost: mean(name, cost) for cost in ModelCost._fields} for name in names}


Draw = tuple[Answer | None, float]
"""An answer, ``None`` where there was none to read, and its score."""
Reducer = Callable[[Sequence[Draw]], float | None]
"""The score of an item's draws; ``None`` where there are too few of them."""

NAMES = ("mean", "pass@K", "at_least_one", "majority")


def reducer_named(name: str, form: AnswerForm = LINE) -> Reducer:
    """The reducer of that name.

    Parameters:
        name: ``mean``, ``pass@K`` with a whole K from 1, ``at_least_one`` or ``majority``.
        form: decides which answers are one in a majority.

    Raises:
        InputError: there is none of that name.

    >>> reduce = reducer_named("pass@2")
    >>> round(reduce([(None, 0.0), (None, 0.0), (None, 1.0)]), 3)
    0.667
    """
    if name == "mean":
        return lambda draws: sum(score for _, score in draws) / len(draws)
    if name == "at_least_one":
        return lambda draws: max(score for _, score in draws)
    if name == "majority":
        return lambda draws: _majority(draws, form)
    head, _, k = name.partition("@")
    if head == "pass" and k.isascii() and k.isdigit() and int(k):
        return lambda draws: _pass_at([score for _, score in draws], int(k))
    raise InputError(f"reducer {name!r} does not exist; choose one of {', '.join(NAMES)}")


def check_draws(name: str, draws: int) -> None:
    """Raise `InputError` where there is no such reducer, or where it needs more draws than there are."""
    reducer_named(name)
    least = int(name.partition("@")[2] or 1)
    if draws < least:
        raise InputError(f"{name} needs at least {least} draws of an item, not {draws}; draw more worlds")


def _pass_at(scores: Sequence[float], k: int) -> float | None:
    if any(score not in (0.0, 1.0) for score in scores):
        raise InputError(f"pass@{k} needs scores of 0 or 1, not {max(scores)}; take at_least_one or mean")
    return pass_at(len(scores), int(sum(scores)), k) if len(scores) >= k else None


def pass_at(draws: int, right: int, k: int) -> float:
    """The unbiased estimate of pass@k.

    >>> pass_at(10, 3, 1), pass_at(5, 1, 5), pass_at(5, 0, 3)
    (0.3, 1.0, 0.0)
    """
    every = math.comb(draws, k)
    return (every - math.comb(draws - right, k)) / every


def _majority(draws: Sequence[Draw], form: AnswerForm) -> float:
    """The score of the answer that came most often; of several the first. What was not read has no vote."""
    classes: list[tuple[Answer, list[float]]] = []
    for answer, score in draws:
        if answer is None or not answer.text.strip():
            continue
        for first, scores in classes:
            if first.text == answer.text or form.equal(first.text, answer.text):
                scores.append(score)
                break
        else:
            classes.append((answer, [score]))
    return max(classes, key=lambda each: len(each[1]))[1][0] if classes else 0.0
