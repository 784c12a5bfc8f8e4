"""Two designs on the same items: their difference, its interval, and how surprising it is.

Pairing takes out what the items have in common (easy for both, hard for both), which is most of
the noise: with common random numbers, most items score the same under both designs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation
from masdesign.statistics.intervals import Interval, bootstrap_mean, is_binary, wilson

PERMUTATIONS = 10_000
ENUMERATED = 12
"""Up to so many unequal pairs, every assignment of signs is tried and the p-value is exact."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better the first of two designs is."""

    mean: float
    """The mean of first minus second, in score, over the items scored in both."""
    low: float
    """The lower end of the 95 % interval (bootstrap over items)."""
    high: float
    p: float
    """Two-sided p-value of "no difference": exact McNemar for 0/1 scores, else a permutation test."""
    items: int
    """The items scored in both."""

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval leaves no doubt about the sign."""
        return self.low > 0 or self.high < 0


def paired_difference(
    first: Evaluation | Mapping[str, float], second: Evaluation | Mapping[str, float], *, seed: int
) -> Difference:
    """First minus second over the items scored in both (scores by item id, or evaluations).

    Both must have been asked the same items; those that a provider failed in one are left out of both.
    Without a common item the difference is 0, between -1 and 1, with p = 1.

    Raises InputError where they were asked different items (see `same_items`).

    >>> found = paired_difference({"a": 1.0, "b": 1.0, "c": 0.0}, {"a": 1.0, "b": 0.0, "c": 0.0}, seed=0)
    >>> round(found.mean, 3), found.items, found.p
    (0.333, 3, 1.0)
    """
    same_items(first, second)
    a, b = _scores(first), _scores(second)
    pairs = [(a[item], b[item]) for item in a if item in b]
    if not pairs:
        return Difference(0.0, -1.0, 1.0, 1.0, 0)
    differences = [x - y for x, y in pairs]
    low, high = difference_interval(differences, seed=seed)
    if is_binary([score for pair in pairs for score in pair]):
        p = mcnemar_exact(sum(d > 0 for d in differences), sum(d < 0 for d in differences))
    else:
        p = permutation(differences, seed=seed)
    return Difference(sum(differences) / len(differences), low, high, p, len(pairs))


def same_items(*runs: Evaluation | Mapping[str, float]) -> None:
    """Raise InputError where designs were asked different items: what is paired then is another question.

    Whoever means the items that all have in common says so (`Evaluation.only`, `on_common_items`).

    >>> same_items({"a": 1.0, "b": 0.0}, {"a": 1.0})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    masdesign.errors.InputError: paired scores must be of the same items, not of 2 and 1 with 1 in common...
    """
    asked = [_asked(run) for run in runs]
    for other in asked[1:]:
        if other != asked[0]:
            raise InputError(
                f"paired scores must be of the same items, not of {len(asked[0])} and {len(other)} with "
                f"{len(asked[0] & other)} in common; compare them on those (on_common_items)"
            )


def on_common_items(*runs: Evaluation) -> tuple[Evaluation, ...]:
    """The evaluations, each of the items alone that all were asked."""
    common = frozenset.intersection(*(frozenset(r.item_id for r in run.results) for run in runs))
    return tuple(run.only(common) for run in runs)


def _asked(run: Evaluation | Mapping[str, float]) -> frozenset[object]:
    """What was asked: items, and of evaluations the task and split that they are of."""
    if not isinstance(run, Evaluation):
        return frozenset(run)
    return frozenset((run.task, run.task_version, run.split, result.item_id) for result in run.results)


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


def difference_interval(differences: Sequence[float], *, seed: int) -> Interval:
    """The 95 % bootstrap interval of a mean difference in -1..1.

    Differences that are all alike give the bootstrap nothing to see. That they never varied in n
    items leaves them a share of at most Wilson's bound for 0 of n to vary, which is the interval.
    """
    if len(set(differences)) > 1:
        return bootstrap_mean(differences, seed=seed)
    mean, doubt = differences[0], wilson(0, len(differences)).high
    return Interval(max(-1.0, mean - doubt), min(1.0, mean + doubt))


def _scores(scored: Evaluation | Mapping[str, float]) -> Mapping[str, float]:
    return scored.scores if isinstance(scored, Evaluation) else scored
