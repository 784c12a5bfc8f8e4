"""The val scores of the archive's designs on one task and model, pooled over worlds.

Very many designs on one task and model: counted by score, and only those read that matter.

Where `val_scores` would read every evaluation, the database counts them: how many designs have each
score and number of items, and the fewest tokens that one of them takes. That is all that the estimate of what
is luck needs of most of them. Read are the best, those that none of at least the same score beats in tokens,
some of all others, and those with several evaluations.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from masdesign.archive.tables import schema
from masdesign.archive.tables.evaluations import Summary, model_fits
from masdesign.statistics.shrinkage import MOST_READ, Counts
from masdesign.tasks.cards import name_of
from masdesign.tasks.task import Task

Where = list[ColumnElement[bool]]
"""Which evaluations are meant."""


class ValScore(NamedTuple):
    """A design's val score, pooled over the evaluations that count."""

    design_id: str
    score: float
    items: int
    tokens_per_item: float
    complete: bool
    evaluations: tuple[int, ...]
    """Their numbers."""


def val_score(summary: Summary) -> ValScore:
    """The val score of a design from one evaluation."""
    figures = (summary.score, summary.items, summary.tokens_per_item, summary.complete)
    return ValScore(summary.design_id, *figures, (summary.seq,))


def on_val(
    connection: Connection, task: str | Task, model: str | None = None, run: str | None = None
) -> Where | None:
    """The evaluations on val that were made here; ``None`` where none of them is complete.

    ``task`` by name means the version evaluated last, and so does ``model`` without a revision.
    """
    name, version = (name_of(task), None) if isinstance(task, str) else (task.name, task.version)
    table = schema.evaluations
    ours: Where = [table.c.task == name, table.c.split == "val", table.c.foreign_.is_(False)]
    if version is not None:
        ours.append(table.c.task_version == version)
    if run is not None:
        link = schema.run_evaluations
        ours.append(table.c.seq.in_(select(link.c.evaluation).where(link.c.run == run)))
    kind = (table.c.task_version, table.c.model)
    whole = select(func.max(table.c.seq), *kind).where(*ours, table.c.complete.is_(True)).group_by(*kind)
    kinds = connection.execute(whole)
    fitting = [tuple(row) for row in kinds if model is None or model_fits(row.model, model)]
    if not fitting:
        return None
    _, version, model = max(fitting)
    return [*ours, table.c.task_version == version, table.c.model == model]


def val_scores(connection: Connection, where: Where) -> list[ValScore]:
    """One score for each design with these evaluations, in the order of their first.

    Of a design's evaluations those count that have the most items (its worlds together), complete ones
    before partial ones; where blocks have changed since, those of the newest versions.
    """
    table = schema.evaluations
    columns = [
        *(table.c.design_id, table.c.score, table.c["items"].label("answered"), table.c.tokens_per_item),
        *(table.c.complete, table.c.seq, table.c.size, table.c.fingerprint),
    ]
    query = select(*columns).where(*where, table.c["items"] > 0)
    by_design: dict[str, list[Any]] = {}
    for row in connection.execute(query.order_by(table.c.seq)).all():
        by_design.setdefault(row[0], []).append(row)
    return [_pool(rows) for rows in by_design.values()]


def _pool(rows: Sequence[Any]) -> ValScore:
    if len(rows) == 1:
        design, score, items, tokens, complete, seq, *_ = rows[0]
        return ValScore(design, score, items, tokens, complete, (seq,))
    whole = [row for row in rows if row.complete] or rows
    size = max(row.size for row in whole)
    newest = [row for row in whole if row.size == size][-1].fingerprint
    group = [row for row in whole if row.size == size and row.fingerprint == newest]
    items = sum(row.answered for row in group)
    score = sum(row.score * row.answered for row in group) / items
    tokens = sum(row.tokens_per_item * row.answered for row in group) / items
    seqs = tuple(row.seq for row in group)
    return ValScore(group[0].design_id, score, items, tokens, group[0].complete, seqs)


def undominated(scores: Iterable[ValScore]) -> list[ValScore]:
    """Without those that another of the same score on as many items beats in tokens.

    Few of many remain: there are no more scores than items.
    """
    every, fewest = list(scores), dict[tuple[float, int], float]()
    for entry in every:
        key = (entry.score, entry.items)
        fewest[key] = min(entry.tokens_per_item, fewest.get(key, entry.tokens_per_item))
    return [entry for entry in every if fewest[entry.score, entry.items] == entry.tokens_per_item]


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
