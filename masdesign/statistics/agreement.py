"""How far two raters agree: the share of equal verdicts, and Cohen's kappa, which takes chance out of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from masdesign.statistics.intervals import wilson


@dataclass(frozen=True, slots=True)
class Agreement:
    """Verdicts of two raters on the same things."""

    items: int
    share: float
    """Of equal verdicts, with its 95 % interval."""
    low: float
    high: float
    kappa: float | None
    """1: always equal, 0: as often as by chance; ``None`` where one verdict is all that either ever gave."""


def agreement(pairs: Iterable[tuple[object, object]]) -> Agreement:
    """The agreement of pairs of verdicts.

    Reference: J. Cohen, Educational and Psychological Measurement 20 (1960), doi:10.1177/001316446002000104.

    >>> found = agreement([(1, 1), (1, 0), (0, 0), (0, 0)])
    >>> found.share, found.kappa
    (0.75, 0.5)
    """
    verdicts = list(pairs)
    equal, items = sum(a == b for a, b in verdicts), len(verdicts)
    low, high = wilson(equal, items)
    first, second = (Counter(pair[side] for pair in verdicts) for side in (0, 1))
    chance = sum(first[v] * second[v] for v in first) / items**2 if items else 1.0
    share = equal / items if items else 0.0
    kappa = None if chance == 1 else (share - chance) / (1 - chance)
    return Agreement(items, share, low, high, kappa)
