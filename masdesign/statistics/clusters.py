"""Items that share a passage are no independent questions: means whose error counts clusters.

References: K.-Y. Liang, S. L. Zeger, Biometrika 73 (1986), doi:10.1093/biomet/73.1.13 (cluster-robust
variance); E. Miller, Adding Error Bars to Evals (2024), arXiv:2411.00640; E. L. Korn, B. I. Graubard, Survey
Methodology 24 (1998), 193-201 (the effective number of items in a proportion's interval).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Groups = NDArray[np.int64]
    """The number of each item's cluster, from 0."""


def groups_of(items: Sequence[Any], clusters: Mapping[Any, str]) -> Groups | None:
    """The cluster of each item, by number; ``None`` where no two of the items share one.

    An item that ``clusters`` does not name stands alone.

    >>> groups_of(["a", "b", "c"], {"a": "p", "c": "p"}).tolist(), groups_of(["a", "b"], {"a": "p"})
    ([0, 1, 0], None)
    """
    if not clusters:
        return None
    numbers: dict[Any, int] = {}
    groups = [numbers.setdefault(clusters.get(item) or ("alone", item), len(numbers)) for item in items]
    if len(numbers) == len(items):
        return None
    import numpy as np

    return np.array(groups)


def resample(
    rng: np.random.Generator, items: int, groups: Groups | None, resamples: int
) -> NDArray[np.float64]:
    """Bootstrap weights: a row a resample, summing to 1; of clustered items whole clusters are drawn."""
    import numpy as np

    if groups is None:
        return rng.multinomial(items, [1 / items] * items, size=resamples) / items
    count = int(groups.max()) + 1
    drawn = rng.multinomial(count, [1 / count] * count, size=resamples)[:, groups]
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True), dtype=float)


def effective_items(scores: Sequence[float], groups: Groups) -> float:
    """The number of independent items whose mean would be as sure as that of these clustered ones.

    Never more than there are items; where all scores are alike, the number of clusters.

    >>> import numpy as np
    >>> round(effective_items([1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0], np.repeat(range(4), 3)), 1)
    3.3
    """
    import numpy as np

    rest = np.asarray(scores, dtype=float) - np.mean(scores)
    alone = float(rest @ rest) * len(rest) / (len(rest) - 1)
    count = int(groups.max()) + 1
    if alone == 0 or count == 1:
        return float(count)
    sums = np.bincount(groups, weights=rest)
    together = float(sums @ sums) * count / (count - 1)
    return len(rest) / max(1.0, together / alone)
