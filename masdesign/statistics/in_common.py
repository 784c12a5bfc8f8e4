"""What the scores of designs on the same items have in common: the items' ease, and shared luck.

Two designs of one search answer the same items, and often vote over the same draws. The first lifts all
of them alike; the second makes variants of one design err together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NEARLY_ALL = 0.9
"""Designs with at least this share of the most items serve to estimate correlations and items' ease."""
MOST_SHARED = 0.95
"""However alike all designs are, a part of this size of their variance is taken to be shared, no more."""


@dataclass(frozen=True)
class InCommon:
    """What designs that answered the same items have in common."""

    ease: Mapping[str, float]
    """By how much each item is easier than the average one; empty where that cannot be told."""
    shared: float
    """The correlation over items that all designs share, 0 to 0.95: an easy sample lifts them alike."""
    weights: tuple[float, ...]
    """Of each design the share of it that is new, 1 / (sum of squared correlations beyond ``shared``)."""


def in_common(scores: Sequence[Mapping[str, float]]) -> InCommon:
    """Read it off the designs that answered nearly all items; the few that one left out count as its mean.

    Parameters:
        scores: of each design, by item.
    """
    import numpy as np

    most = max(len(values) for values in scores)
    full = [i for i, values in enumerate(scores) if len(values) >= NEARLY_ALL * most]
    answered = Counter(item for i in full for item in scores[i])
    items = [item for item, count in answered.items() if count >= NEARLY_ALL * len(full)]
    if len(full) < 2 or len(items) < 2:
        return InCommon({}, 0.0, (1.0,) * len(scores))
    rows = [(scores[i], sum(scores[i].values()) / len(scores[i])) for i in full]
    table = np.array([[own.get(item, mean) for item in items] for own, mean in rows])
    shared, weights = _correlate(_correlations(table))
    by_item = weights @ table / weights.sum()
    ease = dict(zip(items, (by_item - by_item.mean()).tolist(), strict=True))
    of_full = dict(zip(full, weights.tolist(), strict=True))
    typical = float(weights.mean())  # of those that answered too few items to tell
    return InCommon(ease, shared, tuple(of_full.get(i, typical) for i in range(len(scores))))


def _correlations(table: Array) -> Array:
    """Between the rows; 0 with a row that never varies."""
    import numpy as np

    centred = table - table.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    matrix: Array = unit @ unit.T
    np.fill_diagonal(matrix, 1.0)
    return matrix


def _correlate(matrix: Array) -> tuple[float, Array]:
    """The correlation that all pairs share, and of each design the share that is its own.

    Each is needed for the other: variants of one design are left out of the median as far as they are
    no designs of their own. It starts from a low quartile, which variants hardly move.
    """
    import numpy as np

    left, right = np.triu_indices(len(matrix), 1)
    order = np.argsort(matrix[left, right], kind="stable")
    left, right = left[order], right[order]
    rising = matrix[left, right]
    shared, weights = _within(float(np.quantile(rising, 0.25))), np.ones(len(matrix))
    for _ in range(2):
        beyond = np.clip((matrix - shared) / (1 - shared), 0.0, 1.0)
        weights = 1.0 / (beyond**2).sum(axis=1)
        shared = _within(_weighted_median(rising, weights[left] * weights[right]))
    return shared, weights


def _within(shared: float) -> float:
    return min(max(shared, 0.0), MOST_SHARED)


def _weighted_median(rising: Array, weights: Array) -> float:
    """Of values that are in order."""
    import numpy as np

    passed = np.cumsum(weights)
    return float(rising[np.searchsorted(passed, passed[-1] / 2)])
