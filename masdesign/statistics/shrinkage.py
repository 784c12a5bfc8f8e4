"""What to expect of a design that was picked from many: its score, drawn towards what the others scored.

The best of many scores is partly luck: of 60 equal designs on 200 items, the highest raw score lies
several points above the truth. Empirical Bayes takes the luck out. The designs' true scores are taken
to come from one unknown distribution, which is estimated from all of them at once, and each design's
estimate is the mean of what is then known of it. Whoever picks, and by whatever rule, picks among
estimates that are right on the average. Three things are allowed for:

- *Shared items.* An easy sample of items lifts all designs alike and decides nothing between them, so
  only the part of a score's variance that is not shared counts as luck: ``(1 - rho)`` of it, where
  ``rho`` is the median correlation of two designs' scores over items.
- *Unequal item counts.* A design that answered fewer items is compared on those items (its score is
  freed of how easy they were), and is drawn further, since its variance is larger. Designs that were
  stopped early are to be given, too: leaving them out would leave the lucky ones.
- *Shared draws.* Two designs that vote over the same draws err together. A design counts in the
  estimate of the distribution by the share of it that is new, ``1 / sum of squared correlations``
  beyond ``rho``, so that ten variants of one design confirm each other no more than one.

The distribution is the nonparametric maximum likelihood estimate on a grid, found by expectation
maximisation. It needs no bell shape, which matters: most searches try many poor designs and a few good
ones, and a normal distribution fitted to those would believe the top. Where all designs are equal it
would believe the luckiest a little, so it is averaged with "all are equal", by Akaike weights.

References: H. Robbins, Proc. 3rd Berkeley Symp. (1956); J. Kiefer, J. Wolfowitz, Ann. Math. Stat. 27
(1956), doi:10.1214/aoms/1177728066; W. Jiang, C.-H. Zhang, Ann. Stat. 37 (2009), arXiv:0908.1709; H. Akaike,
Biometrika 66 (1979), doi:10.1093/biomet/66.2.237 (weights).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nlargest
from typing import TYPE_CHECKING

from masdesign.statistics.in_common import in_common

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Counts = Mapping[tuple[float, int], int]
"""Number of designs by mean score and number of items."""

GRID = 80
"""Points at which the distribution of true scores may have mass."""
STEPS = 300
"""Steps of expectation maximisation."""
FURTHER_PARAMETERS = 2
"""What unequal designs take beyond equal ones, at least: another score, and the share that has it."""
PRIOR_ITEMS = 4.0
"""Items' worth of the average variance that each design's own variance is mixed with, since a few equal
scores do not show that there is none."""
MOST_READ = 100
"""Number of designs that are read item by item; of further ones the mean is enough."""
BIN_DIGITS = 3
"""Decimals of a mean that a design is counted by: far less than the luck in it."""
DIGITS = 9
"""Decimals of an estimate: below them lies only the order in which numbers were added up."""


def shrunk_scores(scores: Sequence[Mapping[str, float]]) -> list[float]:
    """What to expect of each design on other items, aligned with ``scores``.

    Parameters:
        scores: of each design the score in 0..1 of each item by its id. Every design that was tried
            belongs here, the baselines too; each must have an item.

    Of designs with 0/1 scores on equally many items none overtakes another. A single design keeps its mean.

    >>> lucky = {str(i): float(i < 60) for i in range(100)}
    >>> others = [{str(i): float((7 * i + k) % 100 < 50) for i in range(100)} for k in range(20)]
    >>> found = shrunk_scores([lucky, *others])
    >>> 0.5 <= found[0] < 0.57
    True
    """
    tried = [(_mean(values), len(values)) for values in scores]
    chosen = to_read([mean for mean, _ in tried])
    others = Counter(tried) - Counter(tried[place] for place in chosen)
    return fit([scores[place] for place in chosen], others).of(scores)


def to_read(means: Sequence[float], most: int = MOST_READ) -> list[int]:
    """Which designs to read item by item for a fit: their places.

    All of them, up to ``most``. Of more the best, who are what it is about, and some of the others, evenly
    spread over their order.

    >>> to_read([0.1, 0.9, 0.2, 0.3, 0.4], most=4)
    [0, 1, 3, 4]
    """
    if len(means) <= most:
        return list(range(len(means)))
    best = set(nlargest(most // 2, range(len(means)), key=means.__getitem__))  # of equals the first
    rest = [place for place in range(len(means)) if place not in best]
    each = len(rest) / (most - most // 2)
    return sorted([*best, *(rest[int((k + 0.5) * each)] for k in range(most - most // 2))])


def fit(scores: Sequence[Mapping[str, float]], others: Counts | None = None) -> Shrinkage:
    """Learn from designs' scores what to expect of any one of them.

    Parameters:
        scores: by item, of the designs that are read item by item: what is shared, how easy the items are
            and how much scores vary is taken from these.
        others: number of further designs by mean and number of items (see `to_read`).
    """
    import numpy as np

    if len(scores) < 2:
        return Shrinkage()
    common, counts = in_common(scores), np.array([len(scored) for scored in scores])
    squares = np.array([_variance(scored) * len(scored) for scored in scores])
    means = np.array([_mean(scored) for scored in scores])
    average = float(squares.sum() / counts.sum())
    binary = float((means * (1 - means) * counts).sum() / counts.sum())
    by_count = _by_count([(len(scored), _ease(scored, common.ease)) for scored in scores])
    ratio = average / binary if binary else 1.0
    fitted = Shrinkage(common.ease, by_count, common.shared, average, ratio)
    values, spread = fitted.luck(scores)
    weights = np.array(common.weights)
    others = _bin_means(others or {})
    if others:
        more, wider = fitted.luck_of_means([mean for mean, _ in others], [items for _, items in others])
        values, spread = np.append(values, more), np.append(spread, wider)
        weights = np.append(weights, weights.mean() * np.array(list(others.values())))
    if np.ptp(values) == 0 or not spread.all():
        return fitted
    return replace(fitted, prior=_learn(values, spread, weights))


def _bin_means(others: Counts) -> Counts:
    """Means that are next to equal as one, since graded scores are hardly ever equal."""
    binned: Counter[tuple[float, int]] = Counter()
    for (mean, items), count in others.items():
        binned[round(mean, BIN_DIGITS), items] += count
    return binned


def _by_count(eases: Sequence[tuple[int, float]]) -> dict[int, float]:
    """The median ease of the items that designs answered, by how many they were."""
    import numpy as np

    counts = dict.fromkeys(count for count, _ in eases)
    return {count: float(np.median([ease for n, ease in eases if n == count])) for count in counts}


@dataclass(frozen=True)
class Shrinkage:
    """What all scores together say of each; as it stands by default, nothing."""

    ease: Mapping[str, float] = field(default_factory=dict)
    """By how much each item is easier than the average one."""
    ease_of_so_many: Mapping[int, float] = field(default_factory=dict)
    """By how much the items are easier that designs answered, by the number of items."""
    shared: float = 0.0
    """The share of a score's variance that all designs have in common."""
    variance: float = 0.0
    """Of one item's score, on the average over the designs."""
    ratio: float = 1.0
    """The variance as a share of that of 0/1 scores with the same mean."""
    prior: Prior | None = None
    """``None`` where all is equal, or next to nothing is known: each score is then left as it is."""

    def of(self, scores: Sequence[Mapping[str, float]]) -> list[float]:
        """What to expect of designs, from their scores by item, aligned with ``scores``."""
        return self._expected(*self.luck(scores)) if scores else []

    def of_means(self, means: Sequence[float], items: Sequence[int]) -> list[float]:
        """The same for designs of which only the mean and the number of items are known."""
        return self._expected(*self.luck_of_means(means, items)) if means else []

    def luck(self, scores: Sequence[Mapping[str, float]]) -> tuple[Array, Array]:
        """Of each design the score, freed of its items' ease, and the variance of that score."""
        import numpy as np

        counts = np.array([len(scored) for scored in scores], dtype=float)
        own = np.array([_variance(scored) for scored in scores])
        values = np.array([_mean(scored) - _ease(scored, self.ease) for scored in scores])
        return values, self._spread(own, counts)

    def luck_of_means(self, means: Sequence[float], items: Sequence[int]) -> tuple[Array, Array]:
        """The same for designs of which only the mean and the number of items are known."""
        import numpy as np

        raw, counts = np.array(means, dtype=float), np.array(items, dtype=float)
        ease = np.array([self.ease_of_so_many.get(count, 0.0) for count in items])
        return raw - ease, self._spread(raw * (1 - raw) * self.ratio, counts)

    def _spread(self, own: Array, counts: Array) -> Array:
        """The variance of a mean: of each design's own scores mixed with a little of the average one."""
        mixed = (own * counts + PRIOR_ITEMS * self.variance) / (counts + PRIOR_ITEMS)
        spread: Array = mixed * (1 - self.shared) / counts
        return spread

    def _expected(self, values: Array, spread: Array) -> list[float]:
        expected = values if self.prior is None else self.prior.means(values, spread)
        return [round(value, DIGITS) for value in expected.tolist()]


def _mean(scores: Mapping[str, float]) -> float:
    return sum(scores.values()) / len(scores)


def _variance(scores: Mapping[str, float]) -> float:
    """Plain Python: faster than NumPy for so few numbers."""
    mean = _mean(scores)
    return sum([(score - mean) ** 2 for score in scores.values()]) / len(scores)


def _ease(scores: Mapping[str, float], ease: Mapping[str, float]) -> float:
    """By how much these items are easier than all."""
    values = [ease[item] for item in scores if item in ease]
    return sum(values) / len(values) if values else 0.0


@dataclass(frozen=True)
class Prior:
    """The distribution of the true scores: a nonparametric one, averaged with one point for all."""

    grid: Array
    mass: Array
    centre: float
    """Where all designs would be if they were equal."""
    equal: float
    """The weight of that they are equal, 0..1."""

    def means(self, values: Array, spread: Array) -> Array:
        """The mean of each true score given its value, of variance ``spread``."""
        unequal = _normalise(_likelihood(values, spread, self.grid)[0] * self.mass) @ self.grid
        means: Array = self.equal * self.centre + (1 - self.equal) * unequal
        return means


def _learn(values: Array, spread: Array, weights: Array) -> Prior:
    """From values of such variances, each counting as much as its weight."""
    import numpy as np

    grid = np.linspace(values.min(), values.max(), GRID)
    alike, of = np.unique(np.stack([values, spread], axis=1), axis=0, return_inverse=True)
    values, spread = alike[:, 0], alike[:, 1]
    counted: Array = np.bincount(of.ravel(), weights).astype(float)
    likelihood, highest = _likelihood(values, spread, grid)
    mass = np.full(GRID, 1 / GRID)
    share_each = counted / counted.sum()
    for _ in range(STEPS):
        mass *= (share_each / (likelihood @ mass)) @ likelihood
    unequal = counted @ (np.log(likelihood @ mass) + highest)
    centre = float(counted / spread @ values / (counted / spread).sum())
    equal = counted @ (-0.5 * (values - centre) ** 2 / spread)
    share = 1 / (1 + np.exp(np.clip(unequal - equal - FURTHER_PARAMETERS, -50, 50)))
    return Prior(grid, mass, centre, float(share))


def _likelihood(values: Array, spread: Array, grid: Array) -> tuple[Array, Array]:
    """Of each value at each point of the grid, the highest being 1, lest they vanish; and its logarithm."""
    import numpy as np

    logs = -0.5 * (values[:, None] - grid) ** 2 / spread[:, None]
    highest: Array = logs.max(axis=1)
    return np.exp(logs - highest[:, None]), highest


def _normalise(rows: Array) -> Array:
    shares: Array = rows / rows.sum(axis=1, keepdims=True)
    return shares
