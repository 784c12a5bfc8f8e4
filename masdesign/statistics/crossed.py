"""Scores of repeats crossed with items: how sure a mean is where both are samples of more.

A strategy's repeats (other seeds, other draws) all answer the same test items. Another time there would
be other repeats *and* other items, so both have to be resampled: resampling the cells alone, or one of
the two, makes an interval that is too short.

References: A. B. Owen, The Pigeonhole Bootstrap, Ann. Appl. Stat. 1 (2007), arXiv:0712.1111 (rows and
columns resampled apart); J. N. K. Rao, C. F. J. Wu, JASA 83 (1988), doi:10.1080/01621459.1988.10478591
(one draw fewer than there are units makes the variance right where these are few).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from masdesign.statistics.intervals import CONFIDENCE, RESAMPLES, Interval, percentile_interval
from masdesign.statistics.paired import difference_interval, mcnemar_exact

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from masdesign.statistics.clusters import Groups

    Grid = NDArray[np.float64]
    """Scores, or differences of scores: a row a repeat, a column an item."""


def crossed_interval(
    grid: Grid,
    *,
    seed: int,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    groups: Groups | None = None,
) -> Interval:
    """The bootstrap interval of the grid's mean; the same seed gives the same interval.

    Parameters:
        groups: clusters of the items (`masdesign.statistics.clusters.groups_of`), drawn as wholes.

    One repeat alone says nothing about others: the interval then is of its items only. Differences
    that are all alike have the interval of `difference_interval`.
    """
    import numpy as np

    if grid.size == 0:
        return Interval(-1.0, 1.0)
    if np.ptp(grid) == 0:
        return difference_interval(grid[0].tolist(), seed=seed, confidence=confidence, groups=groups)
    rng = np.random.default_rng(seed)
    rows = _weights(rng, grid.shape[0], resamples)
    if groups is None:
        columns = _weights(rng, grid.shape[1], resamples)
    else:
        columns = _weights(rng, int(groups.max()) + 1, resamples)[:, groups]
        columns = columns / columns.sum(axis=1, keepdims=True)
    means = ((rows @ grid) * columns).sum(axis=1).tolist()
    return percentile_interval(means, confidence=confidence)


def _weights(rng: np.random.Generator, units: int, resamples: int) -> Grid:
    """How much each unit counts in each resample: one draw fewer than there are units, but one at least."""
    draws = max(1, units - 1)
    weights: Grid = rng.multinomial(draws, [1 / units] * units, size=resamples) / draws
    return weights


def crossed_p(grid: Grid, groups: Groups | None = None) -> float | None:
    """Two-sided p-value of "the mean of these differences is 0", repeats and items both being samples.

    A t-test with the variance of the repeats' means and that of the items' means together, and
    Satterthwaite's degrees of freedom. Their interaction is counted in both, so that it errs to the safe
    side. ``None`` for fewer than two repeats or items: one repeat says nothing of others. Of clustered
    items the clusters' sums are the units (their mean times the number of items over that of clusters).

    Reference: F. E. Satterthwaite, Biometrics 2 (1946), doi:10.2307/3002019.
    """
    import numpy as np

    if groups is not None:
        count = int(groups.max()) + 1
        sums = np.array([np.bincount(groups, weights=row, minlength=count) for row in grid])
        grid = sums * count / grid.shape[1]
    repeats, items = grid.shape
    if repeats < 2 or items < 2:
        return None
    mean = float(grid.mean())
    parts = [float(grid.mean(axis=axis).var(ddof=1)) / n for axis, n in ((1, repeats), (0, items))]
    variance = sum(parts)
    if variance == 0:
        return 1.0 if mean == 0 else mcnemar_exact(items, 0)
    from scipy import stats

    freedom = variance**2 / sum(part**2 / (n - 1) for part, n in zip(parts, (repeats, items), strict=True))
    return float(2 * stats.t.sf(abs(mean) / variance**0.5, freedom))
