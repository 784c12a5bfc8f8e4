"""The reference curve: what the plain ways of spending tokens score, at any number of tokens an item."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from masdesign.evaluation.evaluation import Evaluation

Unit = Literal["tokens", "usd"]
"""In what designs are compared at equal cost: tokens, or USD where several models answer."""


class Reference(NamedTuple):
    """What the curve says at a number of tokens."""

    score: float
    beyond: bool
    """Whether this is past the curve's last point, where its best score stands in."""


@dataclass(frozen=True)
class Point:
    """One baseline, measured."""

    name: str
    """``direct``, ``step_by_step``, or ``self_consistency_5``."""
    k: int | None
    """The number of votes; ``None`` where there is no vote."""
    evaluation: Evaluation

    def to_json(self) -> dict[str, Any]:
        """A score with ``name``, ``k`` and ``tokens_per_item``."""
        found = self.evaluation
        return {"name": self.name, "k": self.k, **found.summary(), "tokens_per_item": found.tokens_per_item}


@dataclass(frozen=True)
class Curve:
    """The upper envelope of the baselines, linear in tokens between its points.

    The envelope takes the baselines that score above everything cheaper. Below the cheapest
    it is that one's score, past the last the best score, flagged.
    """

    points: tuple[Point, ...]
    step_temperature: float
    """The temperature that `step_by_step` was measured at, the better of two on `val`."""
    unit: Unit = "tokens"
    """What an item costs in; with ``usd``, between two models' points lies a random choice of model."""

    def at(self, cost: float) -> Reference:
        """The score to be beaten at such a cost an item (tokens, or the curve's ``unit``)."""
        costs = [p.evaluation.cost_per_item(self.unit) for p in self.points]
        return reference([(c, p.evaluation.score) for c, p in zip(costs, self.points, strict=True)], cost)

    def point(self, name: str) -> Point:
        """The baseline of this name. Raises KeyError where it was not measured."""
        for point in self.points:
            if point.name == name:
                return point
        raise KeyError(name)

    @property
    def votes(self) -> tuple[Point, ...]:
        """Self-consistency by growing k."""
        return tuple(sorted((p for p in self.points if p.k is not None), key=lambda p: p.k or 0))


def reference(points: Sequence[tuple[float, float]], tokens: float) -> Reference:
    """The envelope of (tokens, score) points at ``tokens``.

    >>> points = [(100, 0.3), (300, 0.5), (200, 0.2)]
    >>> [round(reference(points, t).score, 2) for t in (50, 200, 250, 900)], reference(points, 900).beyond
    ([0.3, 0.4, 0.45, 0.5], True)
    """
    if not points:
        raise ValueError("a curve needs at least one point")
    last = max(t for t, _ in points)
    corners = envelope(points)
    right = bisect_right(corners, (tokens, float("inf")))
    if right == 0:
        return Reference(corners[0][1], False)
    if right == len(corners):
        return Reference(corners[-1][1], tokens > last)
    (t0, s0), (t1, s1) = corners[right - 1], corners[right]
    return Reference(s0 + (s1 - s0) * (tokens - t0) / (t1 - t0), False)


def envelope(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that score above every cheaper one (and every equally cheap one), by growing tokens."""
    corners: list[tuple[float, float]] = []
    for tokens, score in sorted(points, key=lambda p: (p[0], -p[1])):
        if not corners or score > corners[-1][1]:
            corners.append((tokens, score))
    return corners
