"""Insights in the database: each run writes down what it found, and what several found is added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from masdesign.archive.insight import Evidence, Insight
from masdesign.archive.tables import schema
from masdesign.archive.tables.text import clean

_TEXTS = ("model", "what", "words", "about")


def add_insights(
    connection: Connection, run: str, insights: Iterable[Insight], created: float, *, foreign: bool = False
) -> None:
    """Write down what a run found, in the place of what it had written before."""
    table = schema.insights
    connection.execute(delete(table).where((table.c.run == run) & (table.c.foreign_ == foreign)))
    rows = [
        {"run": run, "task": clean(insight.when), "foreign_": foreign, "created": created}
        | {name: clean(getattr(insight, name)) for name in _TEXTS}
        | asdict(insight.evidence)
        for insight in insights
    ]
    if rows:
        connection.execute(insert(table), rows)


def insights_of(
    connection: Connection, run: str | None = None, *, foreign: bool | None = False
) -> list[tuple[str, Insight, bool]]:
    """(run, insight, foreign), in the order of writing; only those made here, unless told otherwise."""
    table = schema.insights
    query = select(table).order_by(table.c.seq)
    if run is not None:
        query = query.where(table.c.run == run)
    if foreign is not None:
        query = query.where(table.c.foreign_ == foreign)
    return [(row.run, _insight(row), bool(row.foreign_)) for row in connection.execute(query)]


def _insight(row: Row[Any]) -> Insight:
    evidence = Evidence(row.weight, row.total, row.squares, row.helped, row.hurt)
    return Insight(when=row.task, evidence=evidence, **{name: getattr(row, name) for name in _TEXTS})
