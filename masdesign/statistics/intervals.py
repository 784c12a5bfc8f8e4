"""95 % intervals of a mean score: Wilson's for 0/1 scores, the bootstrap for graded ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from masdesign.statistics.clusters import effective_items, resample

if TYPE_CHECKING:
    from masdesign.statistics.clusters import Groups

ALPHA = 0.05
"""The chance, at most, that any claim of one family is made where there is no difference."""
CONFIDENCE = 1 - ALPHA
RESAMPLES = 2000


class Interval(NamedTuple):
    """A confidence interval, in the unit of what it bounds."""

    low: float
    high: float


def is_binary(scores: Sequence[float]) -> bool:
    """Whether every score is 0 or 1, so that exact and closed forms apply."""
    return all(score in (0.0, 1.0) for score in scores)


def wilson(successes: float, trials: float, *, confidence: float = CONFIDENCE) -> Interval:
    """Wilson's score interval of a proportion; (0, 1) where nothing was tried.

    Of items that are not independent, both are effective numbers, which need not be whole.

    It keeps its coverage near 0 and 1 and at small `trials`, where the textbook interval fails.

    Reference: E. B. Wilson, JASA 22 (1927), doi:10.1080/01621459.1927.10502953.

    >>> [round(bound, 3) for bound in wilson(8, 10)]
    [0.49, 0.943]
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must lie in 0..{trials}, not {successes}")
    if trials == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, weight = successes / trials, z * z / trials
    centre = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / trials + weight / (4 * trials))
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == trials else centre + half
    return Interval(low, high)


def bootstrap_mean(
    values: Sequence[float], *, seed: int, confidence: float = CONFIDENCE, groups: Groups | None = None
) -> Interval:
    """The percentile bootstrap interval of a mean; the same seed gives the same interval.

    One value, or none, says nothing about the spread of others, and gives an interval of
    no width at the mean, or (0, 0). With ``groups`` (`groups_of`) whole clusters are drawn.

    Reference: B. Efron, The Annals of Statistics 7 (1979), doi:10.1214/aos/1176344552.

    >>> low, high = bootstrap_mean([0.2, 0.4, 0.9, 0.5], seed=0)
    >>> low < 0.5 < high
    True
    """
    import numpy as np

    if not values:
        return Interval(0.0, 0.0)
    array = np.asarray(values, dtype=float)
    rng = np.random.default_rng(seed)
    if groups is not None:
        draws = resample(rng, len(array), groups, RESAMPLES) @ array
        return percentile_interval(draws.tolist(), confidence=confidence)
    means = array[rng.integers(len(array), size=(RESAMPLES, len(array)))].mean(axis=1)
    return percentile_interval(means.tolist(), confidence=confidence)


def percentile_interval(draws: Sequence[float], *, confidence: float = CONFIDENCE) -> Interval:
    """The central interval of a statistic's bootstrap draws."""
    import numpy as np

    tail = (1 - confidence) / 2
    low, high = np.quantile(np.asarray(draws, dtype=float), [tail, 1 - tail])
    return Interval(float(low), float(high))


def simultaneous_confidence(p: float, p_adjusted: float) -> float:
    """The confidence level at which an interval excludes 0 only where the adjusted p-value is below `ALPHA`.

    A p-value that a correction makes m times as large is compared with ``ALPHA / m``; its interval has to
    be one of confidence ``1 - ALPHA / m``.

    >>> simultaneous_confidence(0.01, 0.02)
    0.975
    """
    return 1 - ALPHA * (p / p_adjusted if p_adjusted > p else 1.0)


def agreeing(interval: Interval, p: float) -> Interval:
    """The interval, reaching to 0 where a test with this (adjusted) p-value does not reject "no difference".

    An interval and a test that are computed in different ways can contradict each other near the border;
    a wider interval still covers.

    >>> agreeing(Interval(-0.13, -0.01), p=0.25), agreeing(Interval(0.1, 0.3), p=0.01)
    (Interval(low=-0.13, high=0.0), Interval(low=0.1, high=0.3))
    """
    return interval if p <= ALPHA else Interval(min(interval.low, 0.0), max(interval.high, 0.0))


def mean_interval(scores: Sequence[float], *, seed: int = 0, groups: Groups | None = None) -> Interval:
    """The interval of a mean score in 0..1: Wilson's where all scores are 0 or 1, else the bootstrap.

    Without a score, or with a single graded one, nothing is known: (0, 1). Graded scores that are all
    alike leave the others a share of at most Wilson's bound for 0 of n to differ, by as much as they can.
    With ``groups`` (`groups_of`) scores within a cluster are taken to depend on each other.
    """
    items = len(scores) if groups is None else effective_items(scores, groups)
    if is_binary(scores):
        share = sum(scores) / len(scores) if scores else 0.0
        right = int(sum(scores)) if groups is None else share * items
        return wilson(right, items)
    if len(scores) == 1:
        return Interval(0.0, 1.0)
    if len(set(scores)) == 1:
        mean, doubt = scores[0], wilson(0, items).high
        return Interval(mean - doubt * mean, mean + doubt * (1 - mean))
    return bootstrap_mean(scores, seed=seed, groups=groups)
