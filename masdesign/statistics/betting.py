"""Testing by betting: whether one design is better than another, however often and whenever one looks.

A gambler bets that differences in -1..1 (first minus second, item by item) are above 0 on average. While
they are not, the wealth is a supermartingale: it ever reaches w with a chance of at most 1/w (Ville). So a
wealth of 1/alpha is evidence that holds whenever one stops, and the means at which the wealth stays below it
are a confidence sequence: the verdict and the interval are one rule.

References: I. Waudby-Smith, A. Ramdas, J. R. Stat. Soc. B 86 (2024), arXiv:2010.09686; S. R. Howard et al.,
Ann. Stat. 49 (2021), arXiv:1810.08240.
"""

import math
from collections.abc import Sequence

from masdesign.statistics.intervals import ALPHA, Interval

BETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the wealth that are put on every item; the wealth is averaged over them."""
HALVINGS = 30
"""Steps of the search for an end of the interval: it is right to nine digits."""


def highest_wealth(gains: Sequence[float], mean: float = 0.0) -> float:
    """The highest wealth on the way of a gambler who bets that gains in -1..1 are above ``mean``, from 1.

    If the gains' mean given what came before is at most ``mean``, it reaches w with a chance of at most 1/w.

    >>> highest_wealth([1.0, -1.0]), highest_wealth([0.0] * 9)
    (1.5, 1.0)
    """
    stakes, highest = [1.0] * len(BETS), 1.0
    for gain in gains:
        share = (gain - mean) / (1 + mean)
        stakes = [stake * (1 + bet * share) for stake, bet in zip(stakes, BETS, strict=True)]
        highest = max(highest, math.fsum(stakes) / len(BETS))
    return highest


def confidence_sequence(differences: Sequence[float], *, alpha: float = ALPHA) -> Interval:
    """The interval of a mean difference in -1..1 that holds at every number of items at once.

    It excludes 0 exactly where a bet at ``alpha / 2`` for one side, or for the other, is won.

    >>> confidence_sequence([1.0] * 20 + [0.0] * 20).low > 0, confidence_sequence([1.0, -1.0] * 20).low > 0
    (True, False)
    """
    low = _lower_end(differences, alpha / 2)
    return Interval(low, -_lower_end([-gain for gain in differences], alpha / 2))


def _lower_end(gains: Sequence[float], alpha: float) -> float:
    """The highest mean that the gains are shown to be above; the wealth falls as the mean grows."""
    low, high = -1.0, 1.0
    if highest_wealth(gains) * alpha >= 1:
        low = 0.0
    else:
        high = 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        shown = highest_wealth(gains, middle) * alpha >= 1
        low, high = (middle, high) if shown else (low, middle)
    return low
