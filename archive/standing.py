"""How the designs of the archive stand on one task and model: candidates for `select.rank`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from masdesign.archive import schema
from masdesign.archive.designs import parts
from masdesign.archive.evaluations import model_fits
from masdesign.archive.select import Candidate
from masdesign.tasks.cards import name_of
from masdesign.tasks.task import Task


class Standing(NamedTuple):
    """A design's val score: a `Candidate` before its place in the archive is known."""

    design_id: str
    score: float
    items: int
    tokens_per_item: float


def standings(
    connection: Connection, task: str | Task, model: str | None = None, run: str | None = None
) -> list[Standing]:
    """One for each design with a complete evaluation on val that was made here.

    Of a design's evaluations those count that have the most items (its worlds together); where blocks have
    changed since, those of the newest versions.
    """
    name, version = (name_of(task), None) if isinstance(task, str) else (task.name, task.version)
    table = schema.evaluations
    ours = [
        table.c.task == name,
        table.c.split == "val",
        table.c.complete.is_(True),
        table.c.foreign_.is_(False),
    ]
    if version is not None:
        ours.append(table.c.task_version == version)
    if run is not None:
        link = schema.run_evaluations
        ours.append(table.c.seq.in_(select(link.c.evaluation).where(link.c.run == run)))
    kind = (table.c.task_version, table.c.model)
    kinds = connection.execute(select(func.max(table.c.seq), *kind).where(*ours).group_by(*kind))
    fitting = [tuple(row) for row in kinds if model is None or model_fits(row.model, model)]
    if not fitting:
        return []
    _, version, model = max(fitting)
    asked = ("design_id", "score", "items", "tokens_per_item", "size", "fingerprint")
    found = select(*(table.c[column] for column in asked)).order_by(table.c.seq)
    found = found.where(*ours, table.c.task_version == version, table.c.model == model)
    by_design: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(found).all():
        by_design.setdefault(row[0], []).append(row)
    return [Standing._make(rows[0][:4]) if len(rows) == 1 else _together(rows) for rows in by_design.values()]


def _together(rows: Sequence[Row[Any]]) -> Standing:
    size = max(row.size for row in rows)
    newest = [row for row in rows if row.size == size][-1].fingerprint
    group = [row for row in rows if row.size == size and row.fingerprint == newest]
    items = sum(row.items for row in group)
    score = sum(row.score * row.items for row in group) / items
    tokens = sum(row.tokens_per_item * row.items for row in group) / items
    return Standing(group[0].design_id, score, items, tokens)


def leading(found: Sequence[Standing]) -> list[Standing]:
    """Without those that one of the same score on as many items beats in tokens.

    Neither the best nor the frontier is among those that are left out, and few are kept of many: there
    are no more scores than items.
    """
    fewest: dict[tuple[float, int], float] = {}
    for _, score, items, tokens in found:
        if tokens < fewest.get((score, items), float("inf")):
            fewest[score, items] = tokens
    return [one for one in found if fewest[one.score, one.items] == one.tokens_per_item]


def candidates(connection: Connection, found: Collection[Standing]) -> list[Candidate]:
    """The standings with each design's place in the archive."""
    designs, order = schema.designs, dict[str, int]()
    for part in parts([one.design_id for one in found]):
        rows = connection.execute(select(designs.c.id, designs.c.seq).where(designs.c.id.in_(part)))
        order |= {row.id: row.seq for row in rows}
    return [Candidate(*one[:4], order=order[one.design_id]) for one in found]
