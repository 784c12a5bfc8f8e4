"""Very many designs on one task and model: counted by score, and only those read that matter.

Where `val_scores` would read every evaluation, the database counts them: how many designs have each
score and number of items, and the fewest tokens that one of them takes. That is all that the estimate of what
is luck needs of most of them. Read are the best, those that none of at least the same score beats in tokens,
some of all others, and those with several evaluations.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import Connection, func, select, tuple_

from masdesign.archive.tables import schema
from masdesign.archive.val_scores import ValScore, Where, val_scores
from masdesign.statistics.shrinkage import MOST_READ, Counts

MANY = 2_000
"""Evaluations that are no longer read one by one."""

_table = schema.evaluations


def are_many(connection: Connection, where: Where) -> bool:
    """Whether these evaluations are more than are read one by one."""
    some = select(_table.c.seq).where(*where).limit(MANY + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one()) > MANY


class ScoreTally(NamedTuple):
    """Designs with one evaluation each that share a score and a number of items."""

    complete: bool
    items: int
    score: float
    designs: int
    fewest_tokens: float
    """An item's."""
    first: int
    """The number of their oldest evaluation."""


def few_of_many(connection: Connection, where: Where) -> tuple[list[ValScore], Counts]:
    """The val scores that can matter, and the number of designs by (score, items)."""
    design = _table.c.design_id
    repeated = select(design).where(_table.c.again.is_(True), *where)
    several, single = list[ValScore](), where
    if connection.execute(repeated.limit(1)).first() is not None:
        several = val_scores(connection, [*where, design.in_(repeated)])
        single = [*where, design.not_in(repeated)]
    candidates = tallies(connection, single)
    chosen = {
        *_best(connection, single, candidates),
        *_cheapest(connection, single, candidates),
        *_spread(candidates),
    }
    few = val_scores(connection, [_table.c.seq.in_(sorted(chosen))])
    every = Counter((score.score, score.items) for score in several)
    for tally in candidates:
        every[tally.score, tally.items] += tally.designs
    return [*several, *few], every


def tallies(connection: Connection, where: Where) -> list[ScoreTally]:
    """Of evaluations, no two of one design; those stopped early first, then by items and score."""
    score = (_table.c["items"], _table.c.score)
    figures = (func.count(), func.min(_table.c.tokens_per_item), func.min(_table.c.seq))
    counted = select(*score, *figures).group_by(*score).order_by(*score).where(*where, _table.c["items"] > 0)
    return [
        ScoreTally(complete, *row)
        for complete in (False, True)
        for row in connection.execute(counted.where(_table.c.complete.is_(complete)))
    ]


def _best(connection: Connection, where: Where, tallies: Sequence[ScoreTally]) -> list[int]:
    """The evaluations of the highest scores, of equals the first."""
    left, kinds = MOST_READ // 2, dict[tuple[bool, int], float]()
    for tally in sorted(tallies, key=lambda one: -one.score):
        if left <= 0:
            break
        left -= tally.designs
        kinds[tally.complete, tally.items] = tally.score
    best: list[tuple[float, int]] = []
    for (complete, items), least in kinds.items():  # one by one, since an index leads to each
        kind = _table.c.complete.is_(complete) & (_table.c["items"] == items) & (_table.c.score >= least)
        query = select(-_table.c.score, _table.c.seq).where(*where, kind)
        ordered = query.order_by(_table.c.score.desc(), _table.c.seq).limit(MOST_READ // 2)
        best += [tuple(row) for row in connection.execute(ordered)]
    return [seq for _, seq in sorted(best)[: MOST_READ // 2]]


def _cheapest(connection: Connection, where: Where, tallies: Sequence[ScoreTally]) -> list[int]:
    """The complete evaluations that none of at least the same score over as many items beats in tokens."""
    kept: list[ScoreTally] = []
    for tally in reversed([candidate for candidate in tallies if candidate.complete]):
        if not kept or kept[-1].items != tally.items or tally.fewest_tokens < kept[-1].fewest_tokens:
            kept.append(tally)
    figures = tuple_(_table.c["items"], _table.c.score, _table.c.tokens_per_item)
    wanted = figures.in_([(candidate.items, candidate.score, candidate.fewest_tokens) for candidate in kept])
    query = select(_table.c.seq).where(*where, _table.c.complete.is_(True), wanted)
    return list(connection.execute(query).scalars())


def _spread(tallies: Sequence[ScoreTally]) -> list[int]:
    """The oldest evaluation of some tallies, evenly spread over all designs."""
    if not tallies:
        return []
    ends = list(accumulate(tally.designs for tally in tallies))
    each = ends[-1] / MOST_READ
    return [tallies[bisect(ends, (k + 0.5) * each)].first for k in range(MOST_READ)]
