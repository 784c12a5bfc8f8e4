"""What a comparison found: each strategy's test score and its curve, and how every two of them differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from masdesign.brief import ShortRepr
from masdesign.search.compare.look import ComparisonLook
from masdesign.search.compare.repeat import Repeat
from masdesign.spending.spend import Spend
from masdesign.statistics.claims import holm
from masdesign.statistics.crossed import crossed_interval, crossed_p
from masdesign.statistics.intervals import agreeing, simultaneous_confidence

if TYPE_CHECKING:
    from masdesign.statistics.clusters import Groups
    from masdesign.statistics.crossed import Grid

CURVE_POINTS = 25


@dataclass(frozen=True, slots=True)
class MeanScore:
    """A mean over repeats and items, 0..1, with its 95 % interval (both resampled)."""

    score: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a strategy would have been worth if it had stopped there."""

    spent: float
    """By the search alone, in the budget's unit."""
    test: MeanScore


@dataclass(frozen=True)
class StrategyStanding:
    """One strategy over all its repeats."""

    strategy: str
    test: MeanScore
    """Of its winners."""
    curve: tuple[CurvePoint, ...]
    """Of what stood first on val by then; the last point is the winners' own."""
    repeats: tuple[Repeat, ...]
    repeat_tests: tuple[float, ...]
    """The test score of each repeat's winner, aligned with ``repeats``."""
    reached: tuple[float | None, ...] = ()
    """What each repeat had spent when its best design first had the score that was asked for; ``None``:
    never. Empty where none was asked for."""


@dataclass(frozen=True, slots=True)
class Pair:
    """How much more the first of two strategies scores on test."""

    first: str
    second: str
    difference: MeanScore
    """First minus second, -1..1."""
    p: float | None
    """Two-sided; none where there is one repeat."""
    p_holm: float | None
    """The same, corrected for the number of pairs."""


@dataclass(frozen=True, repr=False)
class Comparison(ShortRepr):
    """Strategies at equal spend."""

    run: str
    """The name under which the archive has the look at test; each repeat has its own."""
    task: str
    model: str
    objective: str
    budget: str
    seed: int
    unit: str
    items: int
    """Test items that every design was scored on."""
    designs: int
    """Frozen on val and then scored on test: the winners, and what stood first along the way."""
    standings: tuple[StrategyStanding, ...]
    """In the order in which the strategies were named."""
    pairs: tuple[Pair, ...]
    names: Mapping[str, str]
    """The winners' names, by id."""
    blanks: Mapping[str, float]
    """What winners score on the test items with every completion blank, by id, as far as it was taken."""
    coded: tuple[str, ...]
    """Ids of the winners for which that is above chance: their code answers, and not the model."""
    look: Spend
    """What the look at test took."""
    spend: Spend
    """All of it: every search and the look."""
    test_openings: int

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        return {
            "run": self.run,
            "task": self.task,
            "model": self.model,
            "budget": self.budget,
            **{standing.strategy: f"{standing.test.score:.3f}" for standing in self.standings},
        }

    def pair(self, first: str, second: str) -> Pair:
        """The pair of these two, whichever is named first. Raises KeyError where it was not compared."""
        for pair in self.pairs:
            if (pair.first, pair.second) == (first, second):
                return pair
            if (pair.first, pair.second) == (second, first):
                turned = pair.difference
                return Pair(
                    first, second, MeanScore(-turned.score, -turned.high, -turned.low), pair.p, pair.p_holm
                )
        raise KeyError(f"{first}, {second}")

    def to_json(self) -> dict[str, Any]:
        """The document that ``masdesign compare --json`` prints (its help says what the fields are)."""
        return {
            "run": self.run,
            "task": self.task,
            "model": self.model,
            "objective": self.objective,
            "budget": self.budget,
            "unit": self.unit,
            "seed": self.seed,
            "repeats": len(self.standings[0].repeats),
            "items": self.items,
            "designs": self.designs,
            "strategies": [self._standing(standing) for standing in self.standings],
            "pairs": [
                {
                    "first": pair.first,
                    "second": pair.second,
                    "difference": pair.difference.score,
                    "low": pair.difference.low,
                    "high": pair.difference.high,
                    "p": pair.p,
                    "p_holm": pair.p_holm,
                }
                for pair in self.pairs
            ],
            "look": self.look.to_json(),
            "spend": self.spend.to_json(),
            "test_openings": self.test_openings,
        }

    def _standing(self, standing: StrategyStanding) -> dict[str, Any]:
        return {
            "strategy": standing.strategy,
            "test": {**asdict(standing.test), "items": self.items},
            **({"reached": list(standing.reached)} if standing.reached else {}),
            "curve": [{"spent": point.spent, **asdict(point.test)} for point in standing.curve],
            "repeats": [
                {
                    "run": repeat.run,
                    "seed": repeat.seed,
                    "best": {"id": repeat.best, "name": self.names[repeat.best]},
                    "val": repeat.val,
                    "val_shrunk": repeat.val_shrunk,
                    "test": test,
                    "blank_control": self.blanks.get(repeat.best),
                    "answers_without_model": repeat.best in self.coded,
                    "tokens_per_item": repeat.tokens_per_item,
                    "candidates": repeat.candidates,
                    "failures": repeat.failures,
                    "spend": repeat.spend.to_json(),
                }
                for repeat, test in zip(standing.repeats, standing.repeat_tests, strict=True)
            ],
        }


def standings_of(
    repeats: Mapping[str, Sequence[Repeat]],
    look: ComparisonLook,
    limit: float,
    *,
    seed: int,
    reach: float | None = None,
) -> tuple[StrategyStanding, ...]:
    """Each strategy's scores on test; ``limit`` is what each search might spend, ``reach`` a score."""
    first = max(r.incumbents[0][0] for group in repeats.values() for r in group)
    steps = [first + (limit - first) * i / (CURVE_POINTS - 1) for i in range(CURVE_POINTS)]
    standings = (_standing(name, group, look, steps, seed) for name, group in repeats.items())
    if reach is None:
        return tuple(standings)
    return tuple(replace(s, reached=tuple(_reached(r, look, reach) for r in s.repeats)) for s in standings)


def _reached(repeat: Repeat, look: ComparisonLook, score: float) -> float | None:
    tests = ((spent, float(_grid([design], look).mean())) for spent, design in repeat.incumbents)
    return next((spent for spent, test in tests if test >= score), None)


def _standing(
    strategy: str, repeats: Sequence[Repeat], look: ComparisonLook, steps: Sequence[float], seed: int
) -> StrategyStanding:
    winners = _grid([repeat.best for repeat in repeats], look)
    curve = []
    for spent in steps:
        grid = _grid([repeat.incumbent(spent) for repeat in repeats], look)
        curve.append(CurvePoint(spent, _score(grid, seed, look.groups)))
    tests = tuple(float(row.mean()) for row in winners)
    return StrategyStanding(strategy, _score(winners, seed, look.groups), tuple(curve), tuple(repeats), tests)


def pairs_of(repeats: Mapping[str, Sequence[Repeat]], look: ComparisonLook, *, seed: int) -> tuple[Pair, ...]:
    """Every two strategies, repeat against repeat on the same items, corrected for the number of pairs."""
    grids = {name: _grid([repeat.best for repeat in group], look) for name, group in repeats.items()}
    pairs = list(combinations(grids, 2))
    differences = [grids[first] - grids[second] for first, second in pairs]
    raw = [crossed_p(grid, look.groups) for grid in differences]
    compared = [p for p in raw if p is not None]
    adjusted: Sequence[float | None] = holm(compared) if len(compared) == len(raw) else [None] * len(raw)
    return tuple(
        Pair(first, second, _score(grid, seed, look.groups, p, p_holm), p, p_holm)
        for (first, second), grid, p, p_holm in zip(pairs, differences, raw, adjusted, strict=True)
    )


def _grid(designs: Sequence[str], look: ComparisonLook) -> Grid:
    """A row a repeat, a column an item."""
    import numpy as np

    items = look.items
    return np.array([[look.evaluations[design].scores[item] for item in items] for design in designs])


def _score(
    grid: Grid, seed: int, groups: Groups | None, p: float | None = None, p_holm: float | None = None
) -> MeanScore:
    """The grid's mean; with p-values its interval is corrected as they are, and agrees with them."""
    if p is None or p_holm is None:
        interval = crossed_interval(grid, seed=seed, groups=groups)
    else:
        confidence = simultaneous_confidence(p, p_holm)
        wide = crossed_interval(grid, seed=seed, confidence=confidence, groups=groups)
        interval = agreeing(wide, p_holm)
    return MeanScore(float(grid.mean()), *interval)
