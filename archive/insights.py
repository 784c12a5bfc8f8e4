"""Insights in the database: each run writes down what it found, and what several found is added up."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from masdesign.archive import schema
from masdesign.archive.insight import Evidence, Insight
from masdesign.archive.text import clean


def add_insights(
    connection: Connection, run: str, insights: Iterable[Insight], created: float, *, foreign: bool = False
) -> None:
    """Write down what a run found, in the place of what it had written before."""
    table = schema.insights
    connection.execute(delete(table).where((table.c.run == run) & (table.c.foreign_ == foreign)))
    rows = [
        {
            "run": run,
            "task": clean(insight.when),
            "model": clean(insight.model),
            "what": clean(insight.what),
            "words": clean(insight.words),
            "about": clean(insight.about),
            "weight": insight.evidence.weight,
            "total": insight.evidence.total,
            "squares": insight.evidence.squares,
            "helped": insight.evidence.helped,
            "hurt": insight.evidence.hurt,
            "foreign_": foreign,
            "created": created,
        }
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
    return [
        (
            row.run,
            Insight(
                row.task,
                row.model,
                row.what,
                Evidence(row.weight, row.total, row.squares, row.helped, row.hurt),
                row.words,
                row.about,
            ),
            bool(row.foreign_),
        )
        for row in connection.execute(query)
    ]
