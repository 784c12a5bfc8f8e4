"""What a set of items can show: the smallest difference between two designs that is likely seen."""

from __future__ import annotations

import math
from statistics import NormalDist

DISAGREEMENT = 0.3
"""The share of items on which two designs are taken to differ: what neighbouring designs show."""


def smallest_difference(
    items: int, *, disagreement: float = DISAGREEMENT, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The smallest true difference in score that a paired test on ``items`` items finds.

    ``power`` is how often it is found, ``alpha`` the two-sided error of the test, and
    ``disagreement`` the share of items on which the two designs differ (raised to the difference
    where that is larger). In 0..1; 1 where the items are too few to show anything.

    Reference: R. J. Connor, Biometrics 43 (1987) 207-211, on McNemar's test.

    >>> round(smallest_difference(200), 2), round(smallest_difference(20), 2)
    (0.11, 0.35)
    """
    if items < 1:
        return 1.0
    low, high = 0.0, 1.0
    if _items_needed(high, disagreement, power, alpha) > items:
        return 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (
            (low, middle) if _items_needed(middle, disagreement, power, alpha) <= items else (middle, high)
        )
    return high


def _items_needed(difference: float, disagreement: float, power: float, alpha: float) -> float:
    share = max(disagreement, difference)
    z_error, z_power = NormalDist().inv_cdf(1 - alpha / 2), NormalDist().inv_cdf(power)
    spread = z_error * math.sqrt(share) + z_power * math.sqrt(share - difference**2)
    return (spread / difference) ** 2


def power_note(items: int) -> str:
    """One line for a person about what ``items`` items can show."""
    return (
        f"{items} items show a difference of {smallest_difference(items):.2f} or more between two designs "
        f"(4 times in 5, at p < 0.05, where they differ on {DISAGREEMENT:.0%} of the items)"
    )
