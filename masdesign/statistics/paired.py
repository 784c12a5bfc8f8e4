"""Two designs on the same items: their difference, its interval, and how surprising it is.

Pairing takes out what the items have in common (easy for both, hard for both), which is most of
the noise: with common random numbers, most items score the same under both designs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from masdesign.errors import InputError
from masdesign.statistics.clusters import effective_items, groups_of
from masdesign.statistics.intervals import (
    CONFIDENCE,
    Interval,
    agreeing,
    bootstrap_mean,
    is_binary,
    simultaneous_confidence,
    wilson,
)

if TYPE_CHECKING:
    from masdesign.statistics.clusters import Groups


class ScoredRun(Protocol):
    """What a run on a set of items came to, such as an `Evaluation`."""

    @property
    def scores(self) -> Mapping[str, float]:
        """The score of each scored item, by its id."""
        ...

    @property
    def asked(self) -> frozenset[object]:
        """What was asked, scored or not: only runs that were asked the same can be paired."""
        ...


def clusters_of(run: ScoredRun | Mapping[str, float]) -> Mapping[str, str]:
    """What items of a run depend on each other, by item id; empty where that is not known."""
    clusters: Mapping[str, str] = getattr(run, "clusters", {})
    return clusters


Scores = ScoredRun | Mapping[str, float]
"""Scores by item id, or a run that has them."""

Verdict = Literal["better", "worse", "cannot tell"]
"""What a comparison comes to."""

PERMUTATIONS = 10_000
ENUMERATED = 12
"""Number of unequal pairs up to which every assignment of signs is tried, so that the p-value is exact."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better the first of two designs is."""

    mean: float
    """The mean of first minus second, in score, over the items scored in both."""
    low: float
    """The lower end of the 95 % interval (bootstrap over items; it agrees with ``p``)."""
    high: float
    p: float
    """Two-sided p-value of "no difference": exact McNemar for 0/1 scores, else a permutation test. Items of
    one cluster (that share a passage) are flipped together."""
    items: int
    """The items scored in both."""

    @property
    def verdict(self) -> Verdict:
        """``better``, ``worse`` or ``cannot tell``, by the interval, which agrees with the test."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "cannot tell"


def paired_difference(
    first: Scores, second: Scores, *, seed: int, p_adjusted: float | None = None
) -> Difference:
    """First minus second over the items scored in both (scores by item id, or evaluations).

    Both must have been asked the same items; those that a provider failed in one are left out of both.
    Without a common item the difference is 0, between -1 and 1, with p = 1.

    Parameters:
        seed: of the bootstrap and of the permutations.
        p_adjusted: the p-value corrected for all comparisons that are made together (`holm`). The interval
            is then wider by the same correction, so that it excludes 0 only where the corrected test rejects.

    Raises InputError where they were asked different items (see `same_items`).

    >>> found = paired_difference({"a": 1.0, "b": 1.0, "c": 0.0}, {"a": 1.0, "b": 0.0, "c": 0.0}, seed=0)
    >>> round(found.mean, 3), found.items, found.p
    (0.333, 3, 1.0)
    """
    same_items(first, second)
    a, b = _scores(first), _scores(second)
    common = [item for item in a if item in b]
    pairs = [(a[item], b[item]) for item in common]
    if not pairs:
        return Difference(0.0, -1.0, 1.0, 1.0, 0)
    differences = [x - y for x, y in pairs]
    groups = groups_of(common, {**clusters_of(second), **clusters_of(first)})
    if groups is not None:
        p = permutation(_sums(differences, groups), seed=seed)
    elif is_binary([score for pair in pairs for score in pair]):
        p = mcnemar_exact(sum(d > 0 for d in differences), sum(d < 0 for d in differences))
    else:
        p = permutation(differences, seed=seed)
    p_adjusted = p if p_adjusted is None else p_adjusted
    confidence = simultaneous_confidence(p, p_adjusted)
    interval = difference_interval(differences, seed=seed, confidence=confidence, groups=groups)
    low, high = agreeing(interval, p_adjusted)
    return Difference(sum(differences) / len(differences), low, high, p, len(pairs))


def same_items(*runs: Scores) -> None:
    """Raise InputError where designs were asked different items: what is paired then is another question.

    Whoever means the items that all have in common says so (`on_common_items`).

    >>> same_items({"a": 1.0, "b": 0.0}, {"a": 1.0})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    masdesign.errors.InputError: paired scores must be of the same items, not of 2 and 1 with 1 in common...
    """
    items = [frozenset(run) if isinstance(run, Mapping) else run.asked for run in runs]
    for other in items[1:]:
        if other != items[0]:
            raise InputError(
                f"paired scores must be of the same items, not of {len(items[0])} and {len(other)} with "
                f"{len(items[0] & other)} in common; compare them on those (on_common_items)"
            )


def mcnemar_exact(wins: int, losses: int) -> float:
    """Two-sided p-value of McNemar's exact test: the binomial test on the pairs that differ.

    Reference: Q. McNemar, Psychometrika 12 (1947), doi:10.1007/BF02295996.

    >>> mcnemar_exact(1, 9)
    0.021484375
    """
    differing = wins + losses
    tail = sum(math.comb(differing, k) for k in range(min(wins, losses) + 1))
    return float(min(1.0, 2 * tail / 2**differing))


def permutation(differences: Sequence[float], *, seed: int, permutations: int = PERMUTATIONS) -> float:
    """Two-sided p-value of "the mean difference is 0", by flipping the signs of the differences.

    Exact where at most 12 differences are not 0; otherwise from random flips, counting the
    observed one in, so that it is never 0 and never too small.

    Reference: B. Phipson, G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010), doi:10.2202/1544-6115.1585.
    """
    import numpy as np

    sizes = np.abs([d for d in differences if d != 0])
    observed = abs(sum(differences))
    enough = observed - 1e-9 * max(1.0, observed)
    if len(sizes) <= ENUMERATED:
        signs = np.array(list(itertools.product((-1, 1), repeat=len(sizes))))
        return float(np.mean(np.abs(signs @ sizes) >= enough)) if len(sizes) else 1.0
    rng = np.random.default_rng(seed)
    sums = [abs(float((1 - 2 * rng.integers(2, size=len(sizes))) @ sizes)) for _ in range(permutations)]
    return (1 + sum(total >= enough for total in sums)) / (1 + permutations)


def _sums(differences: Sequence[float], groups: Groups) -> list[float]:
    """The differences of each cluster together: their signs are flipped together, too."""
    import numpy as np

    return [float(total) for total in np.bincount(groups, weights=differences)]


def difference_interval(
    differences: Sequence[float],
    *,
    seed: int,
    confidence: float = CONFIDENCE,
    groups: Groups | None = None,
) -> Interval:
    """The bootstrap interval of a mean difference in -1..1.

    Differences that are all alike give the bootstrap nothing to see. That they never varied in n
    items leaves them a share of at most Wilson's bound for 0 of n to vary, which is the interval.
    """
    if len(set(differences)) > 1:
        return bootstrap_mean(differences, seed=seed, confidence=confidence, groups=groups)
    items = len(differences) if groups is None else effective_items(differences, groups)
    mean, doubt = differences[0], wilson(0, items, confidence=confidence).high
    return Interval(max(-1.0, mean - doubt), min(1.0, mean + doubt))


def _scores(run: Scores) -> Mapping[str, float]:
    return run if isinstance(run, Mapping) else run.scores
