"""The val scores of the archive's designs on one task and model, pooled over worlds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from masdesign.archive.tables import schema
from masdesign.archive.tables.evaluations import Summary, model_fits
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
