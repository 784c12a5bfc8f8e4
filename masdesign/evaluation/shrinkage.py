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

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

GRID = 80
"""Points at which the distribution of true scores may have mass."""
STEPS = 300
"""Steps of expectation maximisation."""
FURTHER_PARAMETERS = 2
"""What unequal designs take beyond equal ones, at least: another score, and the share that has it."""
PRIOR_ITEMS = 4.0
"""Items' worth of the average variance that each design's own variance is mixed with, since a few equal
scores do not show that there is none."""
NEARLY_ALL = 0.9
"""Designs with at least this share of the most items serve to estimate correlations and items' ease."""
MOST_SHARED = 0.95
"""However alike all designs are, a part of this size of their variance is taken to be shared, no more."""


def shrunk_scores(scores: Sequence[Mapping[str, float]]) -> list[float]:
    """What to expect of each design on other items, aligned with ``scores``.

    Parameters:
        scores: of each design the score in 0..1 of each item by its id. Every design that was tried
            belongs here, the baselines too; each must have an item.

    Of designs with equally many items none overtakes another. A single design keeps its mean.

    >>> lucky = {str(i): float(i < 60) for i in range(100)}
    >>> others = [{str(i): float((7 * i + k) % 100 < 50) for i in range(100)} for k in range(20)]
    >>> found = shrunk_scores([lucky, *others])
    >>> 0.5 <= found[0] < 0.57
    True
    """
    import numpy as np

    if len(scores) < 2:
        return [_mean(one) for one in scores]
    ease, shared, weights = _shared(scores)
    values = np.array([_mean(one) - _ease(one, ease) for one in scores])
    spread = _variances(scores) * (1 - shared) / np.array([len(one) for one in scores])
    if np.ptp(values) == 0 or not spread.all():
        return [float(value) for value in values]
    return [float(value) for value in _posterior_means(values, spread, np.array(weights))]


def _mean(scores: Mapping[str, float]) -> float:
    return sum(scores.values()) / len(scores)


def _ease(scores: Mapping[str, float], ease: Mapping[str, float]) -> float:
    """By how much these items are easier than all."""
    known = [ease[item] for item in scores if item in ease]
    return sum(known) / len(known) if known else 0.0


def _variances(scores: Sequence[Mapping[str, float]]) -> Array:
    """The variance of one item's score under each design, mixed with a little of the average one."""
    import numpy as np

    counts = np.array([len(one) for one in scores])
    squares = np.array([np.var(list(one.values())) * len(one) for one in scores])
    average = squares.sum() / counts.sum()
    found: Array = (squares + PRIOR_ITEMS * average) / (counts + PRIOR_ITEMS)
    return found


def _shared(scores: Sequence[Mapping[str, float]]) -> tuple[dict[str, float], float, list[float]]:
    """How much easier than the rest each item is, what correlation all designs share, each one's weight."""
    import numpy as np

    most = max(len(one) for one in scores)
    full = [i for i, one in enumerate(scores) if len(one) >= NEARLY_ALL * most]
    items = [item for item in scores[full[0]] if all(item in scores[i] for i in full)]
    if len(full) < 2 or len(items) < 2:
        return {}, 0.0, [1.0] * len(scores)
    table = np.array([[scores[i][item] for item in items] for i in full])
    shared, weights = _correlated(_correlations(table))
    by_item = weights @ table / weights.sum()
    ease = dict(zip(items, (by_item - by_item.mean()).tolist(), strict=True))
    of_full = dict(zip(full, weights.tolist(), strict=True))
    typical = float(weights.mean())  # of those that answered too few items to tell
    return ease, shared, [of_full.get(i, typical) for i in range(len(scores))]


def _correlations(table: Array) -> Array:
    """Between the rows; 0 with a row that never varies."""
    import numpy as np

    centred = table - table.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    found: Array = unit @ unit.T
    np.fill_diagonal(found, 1.0)
    return found


def _correlated(found: Array) -> tuple[float, Array]:
    """The correlation that all pairs share, and of each design the share that is its own.

    Each is needed for the other: variants of one design are left out of the median as far as they are
    no designs of their own. It starts from a low quartile, which variants hardly move.
    """
    import numpy as np

    pairs = np.triu_indices(len(found), 1)
    shared, weights = _within(float(np.quantile(found[pairs], 0.25))), np.ones(len(found))
    for _ in range(2):
        beyond = np.clip((found - shared) / (1 - shared), 0.0, 1.0)
        weights = 1.0 / (beyond**2).sum(axis=1)
        shared = _within(_weighted_median(found[pairs], np.outer(weights, weights)[pairs]))
    return shared, weights


def _within(shared: float) -> float:
    return min(max(shared, 0.0), MOST_SHARED)


def _weighted_median(values: Array, weights: Array) -> float:
    import numpy as np

    order = np.argsort(values, kind="stable")
    passed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(passed, passed[-1] / 2)])


def _posterior_means(values: Array, spread: Array, weights: Array) -> Array:
    """The mean of each true score given its value, of variance ``spread``, and all the values."""
    import numpy as np

    grid = np.linspace(values.min(), values.max(), GRID)
    logs = -0.5 * (values[:, None] - grid) ** 2 / spread[:, None]
    highest = logs.max(axis=1, keepdims=True)
    likelihood = np.exp(logs - highest)  # so that none vanishes
    prior = np.full(GRID, 1 / GRID)
    for _ in range(STEPS):
        prior = weights @ _normalised(likelihood * prior) / weights.sum()
    unequal = weights @ (np.log(likelihood @ prior) + highest[:, 0])
    centre = float(weights / spread @ values / (weights / spread).sum())
    equal = weights @ (-0.5 * (values - centre) ** 2 / spread)
    share = 1 / (1 + np.exp(np.clip(unequal - equal - FURTHER_PARAMETERS, -50, 50)))
    found: Array = share * centre + (1 - share) * (_normalised(likelihood * prior) @ grid)
    return found


def _normalised(rows: Array) -> Array:
    found: Array = rows / rows.sum(axis=1, keepdims=True)
    return found
