"""The designs that no other beats in both score and tokens."""

from __future__ import annotations

from collections.abc import Sequence

from masdesign.archive.select import Candidate, Ranked, rank


def frontier(
    candidates: Sequence[Candidate], among: Sequence[tuple[float, int]] | None = None
) -> list[Ranked]:
    """The Pareto frontier of shrunk score (higher is better) and tokens an item, cheapest first.

    Of candidates that are equal in both, the older stands for all; the last is the best design. ``among``
    is as in `rank`.

    >>> found = [Candidate("aa", 0.9, 100, 90.0, 0), Candidate("bb", 0.8, 100, 95.0, 1)]
    >>> [r.candidate.design_id for r in frontier([*found, Candidate("cc", 0.5, 100, 20.0, 2)])]
    ['cc', 'aa']
    """
    kept: list[Ranked] = []
    for ranked in rank(
        candidates, among
    ):  # by falling score, so that only a cheaper one can be on the frontier
        if not kept or ranked.candidate.tokens_per_item < kept[-1].candidate.tokens_per_item:
            kept.append(ranked)
    return kept[::-1]
