"""The reference curve: what the plain ways of spending tokens score, at any number of tokens an item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from masdesign.evaluation.evaluation import Evaluation
from masdesign.statistics.envelope import Reference, reference

Unit = Literal["tokens", "usd"]
"""In what designs are compared at equal cost: tokens, or USD where several models answer."""


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
        evaluation = self.evaluation
        return {
            "name": self.name,
            "k": self.k,
            **evaluation.summary(),
            "tokens_per_item": evaluation.tokens_per_item,
        }


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
