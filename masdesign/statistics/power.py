"""Power: the smallest difference that a number of items can show."""

import math
from statistics import NormalDist

FEW_ITEMS = 50
"""Below this the commands say what difference can be seen."""


def visible_difference(
    items: int, *, disagreement: float = 0.3, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the smallest true difference in score that a paired test on ``items`` items detects.

    Both designs answer every item, and differ in score on a share ``disagreement`` of them, so a mean
    difference has a standard error near ``sqrt(disagreement / items)``. It is seen, two-sided at
    ``alpha``, in a share ``power`` of trials. (Normal approximation: Miettinen 1968, Biometrics 24, for
    McNemar's test.) Never above 1.

    >>> round(visible_difference(50), 2), round(visible_difference(200), 2)
    (0.22, 0.11)
    """
    if items < 1:
        return 1.0
    normal = NormalDist()
    sides = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    return min(1.0, sides * math.sqrt(disagreement / items))


def power_note(items: int) -> str | None:
    """The line to show where there are few items, else ``None``.

    >>> power_note(20)
    'only 20 val items: differences in score below about 0.34 cannot be told from chance'
    """
    if items >= FEW_ITEMS:
        return None
    return (
        f"only {items} val items: differences in score below about {visible_difference(items):.2f} "
        "cannot be told from chance"
    )
