"""The designs that no other beats in both score and tokens."""

from __future__ import annotations

from collections.abc import Sequence

from masdesign.archive.select import Candidate, rank


def frontier(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The Pareto frontier of shrunk score (higher is better) and tokens an item, cheapest first.

    Of candidates that are equal in both, the older stands for all; the last is the best design.

    >>> found = [Candidate("aa", 0.9, 0.9, 100, 90.0, 0), Candidate("bb", 0.8, 0.8, 100, 95.0, 1)]
    >>> [one.design_id for one in frontier([*found, Candidate("cc", 0.5, 0.5, 100, 20.0, 2)])]
    ['cc', 'aa']
    """
    kept: list[Candidate] = []
    for one in rank(candidates):  # by falling score, so that only a cheaper one can be on the frontier
        if not kept or one.tokens_per_item < kept[-1].tokens_per_item:
            kept.append(one)
    return kept[::-1]
