"""How the designs of the archive stand on one task and model: candidates for `select.rank`."""

from __future__ import annotations

from sqlalchemy import Connection, select

from masdesign.archive import schema
from masdesign.archive.evaluations import Summary, summaries
from masdesign.archive.select import Candidate
from masdesign.tasks.cards import name_of
from masdesign.tasks.task import Task


def candidates(
    connection: Connection, task: str | Task, model: str | None = None, run: str | None = None
) -> list[Candidate]:
    """One candidate for each design with a complete evaluation on val that was made here.

    Of a design's evaluations those count that have the most items (its worlds together); where blocks have
    changed since, those of the newest versions.
    """
    name, version = (name_of(task), None) if isinstance(task, str) else (task.name, task.version)
    found = summaries(
        connection,
        task=name,
        task_version=version,
        split="val",
        model=model,
        run=run,
        complete=True,
        foreign=False,
    )
    if not found:
        return []
    latest = found[-1]
    comparable = [s for s in found if (s.task_version, s.model) == (latest.task_version, latest.model)]
    by_design: dict[str, list[Summary]] = {}
    for summary in comparable:
        by_design.setdefault(summary.design_id, []).append(summary)
    order = {row.id: row.seq for row in connection.execute(select(schema.designs.c.id, schema.designs.c.seq))}
    return [_candidate(group, order[design_id]) for design_id, group in by_design.items()]


def _candidate(found: list[Summary], order: int) -> Candidate:
    size = max(summary.size for summary in found)
    newest = [s for s in found if s.size == size][-1].fingerprint
    group = [s for s in found if s.size == size and s.fingerprint == newest]
    items = sum(s.items for s in group)
    return Candidate(
        design_id=group[0].design_id,
        score=sum(s.score * s.items for s in group) / items,
        items=items,
        tokens_per_item=sum(s.tokens_per_item * s.items for s in group) / items,
        order=order,
    )
