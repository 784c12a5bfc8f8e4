"""How often test items were looked at: what a test figure has to be read with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from masdesign.archive.evaluations import Summary, items_of
from masdesign.archive.runs import OpeningRecord, RunRecord, all_openings, all_runs

Place = tuple[str, str]
"""A task and its version."""


def openings_of(connection: Connection, items: Iterable[str], task: str, version: str) -> list[OpeningRecord]:
    """The openings of most of these test items, oldest first, as far as ids and the runs' tasks tell."""
    return _of_items(_placed(connection), frozenset(items), (task, version))


def times_opened(connection: Connection, evaluations: Iterable[Summary]) -> dict[int, int]:
    """Of each evaluation on test, by its number, how often its items were opened."""
    tested = [summary for summary in evaluations if summary.split == "test"]
    if not tested:
        return {}
    placed, items = _placed(connection), items_of(connection, [summary.seq for summary in tested])
    openings: dict[tuple[frozenset[str], Place], int] = {}
    counts = {}
    for summary in tested:
        which = (frozenset(items[summary.seq]), (summary.task, summary.task_version))
        if which not in openings:
            openings[which] = len(_of_items(placed, *which))
        counts[summary.seq] = openings[which]
    return counts


def _placed(connection: Connection) -> list[tuple[OpeningRecord, Place | None]]:
    """Every opening, with the task of its run where it had one."""
    runs: Mapping[str, RunRecord] = {run.name: run for run in all_runs(connection)}
    return [
        (opening, (runs[opening.run].task, runs[opening.run].task_version) if opening.run in runs else None)
        for opening in all_openings(connection)
    ]


def _of_items(
    placed: Iterable[tuple[OpeningRecord, Place | None]], items: frozenset[str], place: Place
) -> list[OpeningRecord]:
    return [
        opening
        for opening, where in placed
        if where in (None, place)
        and 2 * len(items.intersection(opening.items)) > min(len(items), len(opening.items))
    ]
