"""Which design is best? The highest *shrunk* score, since the highest raw one was partly lucky.

Among many candidates, the one that scored highest on the few items of val is likely to have been
lucky there. Parametric empirical Bayes draws each score towards the candidates' mean, the more the
fewer its items and the less the candidates truly differ (Efron and Morris 1975, JASA 70, 311-319;
Morris 1983, JASA 78, 47-55):

    m    = sum of n_i p_i / sum of n_i                   the pooled score
    v_i  = m (1 - m) / n_i                               binomial sampling variance
    t2   = max(floor, mean of (p_i - m)^2 - v_i)         true variance between designs, by moments
    s_i  = m + t2 / (t2 + v_i) (p_i - m)                 the shrunk score

The floor is ``0.01 ** 2``: designs are never taken to differ by nothing, so that of two with as many items
the one with the higher score always stays ahead. A single candidate is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FLOOR = 0.01**2
"""Least variance of true scores between designs: a standard deviation of one point in a hundred."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A design's val score, over all of its complete evaluations that are compared."""

    design_id: str
    score: float
    """Mean over ``items``, in 0..1."""
    items: int
    tokens_per_item: float
    order: int
    """When the design was found: lower is older."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its shrunk score."""

    candidate: Candidate
    shrunk: float


def shrink(
    scores: Sequence[tuple[float, int]], among: Sequence[tuple[float, int]] | None = None
) -> list[float]:
    """Shrunk scores, aligned with ``scores`` of (mean score in 0..1, items); items must be positive.

    ``among`` are all that were tried, where ``scores`` are only some of them.

    >>> [round(s, 3) for s in shrink([(0.9, 20), (0.9, 200), (0.3, 200)])]
    [0.864, 0.896, 0.304]
    """
    tried = scores if among is None else among
    if len(tried) < 2:
        return [score for score, _ in scores]
    pooled = sum(score * n for score, n in tried) / sum(n for _, n in tried)
    spread = pooled * (1 - pooled)
    excess = sum((score - pooled) ** 2 - spread / n for score, n in tried)
    true = max(FLOOR, excess / len(tried))
    return [pooled + true / (true + spread / n) * (score - pooled) for score, n in scores]


def rank(candidates: Sequence[Candidate], among: Sequence[tuple[float, int]] | None = None) -> list[Ranked]:
    """The candidates, best first: shrunk score, then fewer tokens, then older.

    ``among`` are the (score, items) of all that were tried, where the candidates are only some of them.

    >>> found = rank([Candidate("aa", 0.5, 100, 30.0, 0), Candidate("bb", 0.5, 100, 20.0, 1)])
    >>> [r.candidate.design_id for r in found]
    ['bb', 'aa']
    """
    usable = [c for c in candidates if c.items > 0]
    shrunk = shrink([(c.score, c.items) for c in usable], among)
    ranked = [Ranked(c, round(s, 12)) for c, s in zip(usable, shrunk, strict=True)]
    return sorted(ranked, key=lambda r: (-r.shrunk, r.candidate.tokens_per_item, r.candidate.order))
