"""Is there anything to find, and could it be seen? What the plain ways leave open, before a search.

The *ceiling* is what an oracle scores that picks the right one of a model's own draws wherever there
is one. It reads the targets, so it is a figure for a person alone: no strategy, objective or archive
ever sees it. A design that works otherwise than by drawing (a program, a decomposition) may pass it.

Reference: B. Brown et al., Large Language Monkeys (coverage by repeated draws), arXiv:2407.21787.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from masdesign.evaluation.evaluation import Evaluation
from masdesign.statistics.power import visible_difference
from masdesign.tasks import Task
from masdesign.types import Item

LEAST_DISAGREEMENT = 0.02
"""Two designs are taken to differ on at least this share of the items."""
SATURATED = 0.03
"""With less than this left between the best plain way and the ceiling there is nothing to find."""
MOST_SUGGESTED = 20_000
"""No more items than this are suggested; where they would not do, harder ones are."""


class Oracle:
    """The best score among the draws of each item: hand `see` to `evaluate_votes` as ``on_draws``."""

    def __init__(self) -> None:
        self.best: dict[str, float] = {}
        """By the item's id, in 0..1."""
        self.draws = 0
        """The most draws that an item had."""

    def see(self, item: Item, scores: Sequence[float]) -> None:
        """Take in the scores of what was drawn for an item."""
        if scores:
            self.best[item.id] = max(scores)
            self.draws = max(self.draws, len(scores))


@dataclass(frozen=True, slots=True)
class Headroom:
    """What the plain ways score on val, how much they leave open, and what could be seen of it."""

    direct: float
    step_by_step: float
    best_name: str
    """The best plain way on val."""
    best: float
    ceiling: float
    """The best of ``draws`` draws by an oracle, or the best plain way's score where that is higher."""
    draws: int
    """0 where no vote was measured: then the ceiling is not known, and is 1."""
    disagreement: float
    """Share of items on which plain ways differ (mean squared difference of scores)."""
    measured: int
    """Val items that these figures rest on: all, or those that the votes answered."""
    items: int
    """Of val, by which designs are chosen."""
    test_items: int
    """Of test, on which the winner is compared."""
    models: int = 1
    """The models among whose plain answers the oracle picks, too."""

    @property
    def left(self) -> float:
        """From the best plain way to the ceiling."""
        return max(0.0, self.ceiling - self.best)

    @property
    def visible(self) -> float:
        """The least true difference that a paired test on val sees in four trials of five."""
        return visible_difference(self.items, disagreement=self._differing)

    @property
    def visible_on_test(self) -> float:
        """The same on test."""
        return visible_difference(self.test_items, disagreement=self._differing)

    @property
    def saturated(self) -> bool:
        """Whether next to nothing is left to gain."""
        return self.left < SATURATED

    @property
    def too_few(self) -> bool:
        """Whether the number of items is too small to detect even the whole headroom."""
        return not self.saturated and self.left < max(self.visible, self.visible_on_test)

    @property
    def suggested_items(self) -> int:
        """Items with which half of what is left would be seen."""
        return _items_to_see(self.left / 2, self._differing)

    @property
    def _differing(self) -> float:
        return max(self.disagreement, LEAST_DISAGREEMENT)

    def lines(self) -> tuple[str, str]:
        """What is possible, in two lines."""
        plain = f"direct {self.direct:.2f}, step by step {self.step_by_step:.2f}"
        if self.best_name not in ("direct", "step_by_step"):
            plain += f", {self.best_name.replace('_', ' ')} {self.best:.2f}"
        among = f"{self.draws} draw{'' if self.draws == 1 else 's'}"
        among += f" and {self.models} models" if self.models > 1 else ""
        top = f"an oracle over {among} {self.ceiling:.2f} (a workflow can go beyond it)"
        part = f", on {self.measured} val items" if self.measured < self.items else ""
        return (
            f"{plain}, {top if self.draws else 'oracle not measured'}{part}",
            f"with {self.items} val items differences under {_points(self.visible)} cannot be seen, "
            f"with {self.test_items} test items (those that the budget covers) under "
            f"{_points(self.visible_on_test)}",
        )

    def warning(self) -> str | None:
        """Why a search would be pointless, and what to do; ``None`` where it is not."""
        if self.saturated:
            return (
                f"a search would be pointless: the best plain way scores {self.best:.2f} and at most "
                f"{_points(self.left)} are left to gain; take harder items or another task"
            )
        if not self.too_few:
            return None
        few = self.suggested_items
        more = f"take {few} items each of val and test, and a budget for them"
        cure = more if few <= MOST_SUGGESTED else "take harder items"
        return (
            f"a search would be pointless with so few items: {_points(self.left)} are left to gain, and only "
            f"differences above {_points(max(self.visible, self.visible_on_test))} would be seen; {cure}"
        )

    def to_json(self) -> dict[str, Any]:
        """All figures, with ``left``, ``visible`` (``_on_test``), ``warning``; ``models`` where several."""
        derived = {name: getattr(self, name) for name in ("left", "visible", "visible_on_test")}
        figures = {name: value for name, value in asdict(self).items() if name != "models" or value > 1}
        return {**figures, **derived, "warning": self.warning()}


def headroom_of(plain: Mapping[str, Evaluation], oracle: Oracle, task: Task) -> Headroom:
    """From the evaluations of the plain ways on val, by name, ``direct`` and ``step_by_step`` among them.

    Where the votes answered a part of val only, the plain ways are compared with the ceiling on that part.
    Draws that do not act are no ceiling where a design can.
    With several models the oracle picks among their plain answers, too: that is what a router could.
    """
    best_draws: Mapping[str, float] = {} if task.environment is not None else oracle.best
    common = [item for item in best_draws if all(item in evaluation.scores for evaluation in plain.values())]
    items = common or [i for i in plain["direct"].scores if i in plain["step_by_step"].scores]
    scores = {name: _mean(evaluation.scores, items) for name, evaluation in plain.items()}
    best = max(scores, key=lambda name: scores[name])
    others = [evaluation.scores for name, evaluation in plain.items() if " on " in name]
    reached = {i: max(best_draws[i], *(scored[i] for scored in others)) for i in common} if others else {}
    top = _mean(reached or best_draws, items) if common else 1.0
    step = plain["step_by_step"].scores
    differing = [
        _mean({i: (score - step[i]) ** 2 for i, score in evaluation.scores.items() if i in step}, items)
        for name, evaluation in plain.items()
        if name not in ("direct", "step_by_step") and any(i in evaluation.scores for i in items)
    ]
    return Headroom(
        direct=scores["direct"],
        step_by_step=scores["step_by_step"],
        best_name=best,
        best=scores[best],
        ceiling=max(top, scores[best]),
        draws=oracle.draws if common else 0,
        disagreement=max(differing, default=0.3),
        measured=len(items),
        items=len(task.val),
        test_items=task.size("test"),
        models=1 + len(others),
    )


def _mean(scores: Mapping[str, float], items: Iterable[str]) -> float:
    values = [scores[item] for item in items if item in scores]
    return sum(values) / len(values) if values else 0.0


def _points(difference: float) -> str:
    """A difference in score as a person says it.

    >>> _points(0.071), _points(0.01)
    ('7 points', '1 point')
    """
    points = round(100 * difference)
    return f"{points} point{'' if points == 1 else 's'}"


def _items_to_see(difference: float, disagreement: float) -> int:
    """How many items show a difference, in tens.

    >>> 190 < _items_to_see(visible_difference(200, disagreement=0.2), 0.2) < 210
    True
    """
    # a visible difference falls with the root of the items
    of_one = visible_difference(10_000, disagreement=disagreement) * 100
    needed = (of_one / max(difference, 1e-9)) ** 2
    return ceil(needed / 10 - 1e-9) * 10
