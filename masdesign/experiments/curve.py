"""The reference curve: what plain ways of spending tokens score at any number of tokens an item; and the
advantage of a design over it, at the same number of tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from masdesign.evaluation.evaluation import Evaluation
from masdesign.statistics.clusters import groups_of, resample
from masdesign.statistics.envelope import Reference, reference
from masdesign.statistics.intervals import CONFIDENCE, RESAMPLES, percentile_interval
from masdesign.statistics.paired import same_items

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
        return {"name": self.name, "k": self.k, **self.costed_score()}

    def costed_score(self) -> dict[str, Any]:
        """The same without name and k."""
        return {**self.evaluation.summary(), "tokens_per_item": self.evaluation.tokens_per_item}


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
        return {point.name: point for point in self.points}[name]

    @property
    def votes(self) -> tuple[Point, ...]:
        """Self-consistency by growing k."""
        return tuple(sorted((p for p in self.points if p.k is not None), key=lambda p: p.k or 0))


@dataclass(frozen=True, slots=True)
class Advantage:
    """Score minus the reference curve at the design's tokens (or USD) an item, with its interval."""

    score: float
    low: float
    high: float
    beyond_curve: bool
    """The design uses more tokens than the curve's last point, whose best score stands in."""
    items: int
    """The items scored in the design and in every baseline."""


def advantage(
    evaluation: Evaluation,
    curve: Curve,
    *,
    seed: int,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    less: Evaluation | None = None,
    mixed: bool = False,
) -> Advantage:
    """What the design earns over the curve; items are resampled for both at once.

    Resampling together keeps the pairing: an item that is hard is hard for the curve too. Tokens
    are resampled with the scores, so that the point at which the curve is read moves as well.
    All must have been asked the same items (`same_items` raises InputError); those that a provider failed
    in one are left out of all. Without a common item nothing is known: 0, between -1 and 1.

    Parameters:
        less: another design, whose advantage is subtracted (`earned`).
        mixed: take the line between the curve's points (`above_line`).
    """
    import numpy as np

    designs = [evaluation] if less is None else [evaluation, less]
    runs = [*designs, *(point.evaluation for point in curve.points)]
    same_items(*runs)
    common = [item for item in evaluation.scores if all(item in run.scores for run in runs)]
    if not common:
        return Advantage(0.0, -1.0, 1.0, False, 0)
    columns = (_columns(run, common, curve.unit) for run in runs)
    scores, tokens = (np.array(rows) for rows in zip(*columns, strict=True))
    rng = np.random.default_rng(seed)
    weights = resample(rng, len(common), groups_of(common, evaluation.clusters), resamples)
    count, mean_tokens = len(designs), tokens.mean(axis=1)
    pairs = zip(weights @ scores.T, weights @ tokens.T, strict=True)
    low, high = percentile_interval([_above(s, t, count, mixed) for s, t in pairs], confidence=confidence)
    beyond = bool(mean_tokens[:count].max() > mean_tokens[count:].max())
    return Advantage(_above(scores.mean(axis=1), mean_tokens, count, mixed), low, high, beyond, len(common))


def above_line(evaluation: Evaluation, curve: Curve, *, seed: int) -> Advantage:
    """What the design earns over the line between the curve's points, which a random choice of them reaches.

    It differs from `advantage` in that a point below the line between two others does not count.
    """
    return advantage(evaluation, curve, seed=seed, mixed=True)


def earned(
    first: Evaluation, second: Evaluation, curve: Curve, *, seed: int, confidence: float = CONFIDENCE
) -> Advantage:
    """What the first scores more than the second, less what plain ways earn between their tokens.

    The difference of their advantages, from the same resampled items. ``beyond_curve`` says that one of
    them uses more tokens than the curve's last point.
    """
    return advantage(first, curve, seed=seed, confidence=confidence, less=second)


def _columns(run: Evaluation, items: list[str], unit: Unit) -> tuple[list[float], list[float]]:
    """Scores and tokens (or USD) of these items, in their order."""
    used = {result.item_id: result.usage for result in run.results}
    costs = [used[item].usd if unit == "usd" else used[item].tokens for item in items]
    return [run.scores[item] for item in items], costs


def _above(scores: NDArray[np.float64], tokens: NDArray[np.float64], count: int, mixed: bool) -> float:
    """The first run's score minus the envelope of the last ones at its tokens, less the second's, if any."""
    points = list(zip(tokens[count:].tolist(), scores[count:].tolist(), strict=True))
    above = [float(scores[i] - reference(points, float(tokens[i]), mixed=mixed).score) for i in range(count)]
    return above[0] - sum(above[1:])
