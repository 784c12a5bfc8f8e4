"""What an archive holds, in numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Connection

from masdesign.archive.tables import schema
from masdesign.archive.tables.designs import failures_of
from masdesign.archive.tables.evaluations import summaries
from masdesign.archive.tables.runs import count


def stats(connection: Connection) -> dict[str, Any]:
    """Rows by table, failures of designs by kind, and for each task and model its evaluations.

    ``tasks``: [{``task``, ``task_version``, ``model``, ``designs``, ``complete``, ``best_val``}], where
    ``best_val`` is the highest raw val score of a complete evaluation made here, or null.
    """
    tables = ("designs", "evaluations", "results", "failures", "runs", "proposals", "openings", "insights")
    assert set(tables) <= set(schema.tables.tables)
    kinds = Counter(failure.kind for _, _, failure, _ in failures_of(connection))
    return {
        **{table: count(connection, table) for table in tables},
        "by_kind": dict(kinds),
        "tasks": _tasks(connection),
    }


def _tasks(connection: Connection) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str, str], list[Any]] = {}
    for summary in summaries(connection, foreign=False):
        groups.setdefault((summary.task, summary.task_version, summary.model), []).append(summary)
    rows = []
    for (task, version, model), members in sorted(groups.items()):
        scores = [s.score for s in members if s.complete and s.split == "val"]
        rows.append(
            {
                "task": task,
                "task_version": version,
                "model": model,
                "designs": len({s.design_id for s in members}),
                "complete": len(scores),
                "best_val": max(scores, default=None),
            }
        )
    return rows
