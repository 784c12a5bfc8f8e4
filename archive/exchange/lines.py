"""The archive as JSONL: one line a design, promotion, evaluation, failure, run, proposal,
opening, insight or version of a memory.

Every line is an object with a ``kind``; the first, of kind ``header``, names format and version. Designs
come before what speaks of them. The canonical form is sorted and leaves out times, hosts and paid
figures; it is what "the same archive" means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

from masdesign.archive.insight import Insight
from masdesign.archive.tables.designs import Stored, all_designs, claims_of, failures_of
from masdesign.archive.tables.evaluations import Summary, runs_of, summaries, whole
from masdesign.archive.tables.learned import MemoryRecord, insights_of, versions_of
from masdesign.archive.tables.promotions import all_promotions
from masdesign.archive.tables.runs import OpeningRecord, RunRecord, all_openings, all_runs, proposals_of
from masdesign.archive.tables.schema import dumps
from masdesign.files import writing
from masdesign.types import Failure

FORMAT = "masdesign-archive"
VERSION = 1
VOLATILE = frozenset({
    "seconds", "seconds_per_item", "created", "started", "finished", "paid_calls", "paid_usd", "host",
    "facts", "time_left",
})  # fmt: skip
"""Names whose values differ between two runs of the same command; dropped from the canonical form."""


def export_lines(connection: Connection, file: str | Path | IO[bytes], *, canonical: bool) -> int:
    """Write all lines to a file and return how many. A path is replaced as a whole, or not at all."""
    if not isinstance(file, (str, Path)):
        return _write(connection, file, canonical)
    with writing(file) as out:
        return _write(connection, out, canonical)


def _write(connection: Connection, out: IO[bytes], canonical: bool) -> int:
    count = 0
    for line in _lines(connection, canonical):
        out.write(dumps(without(line, VOLATILE) if canonical else line).encode() + b"\n")
        count += 1
    return count


def without(value: Any, names: frozenset[str]) -> Any:
    """A JSON value less the members of those names, at any depth."""
    if isinstance(value, dict):
        return {key: without(inner, names) for key, inner in value.items() if key not in names}
    return [without(inner, names) for inner in value] if isinstance(value, (list, tuple)) else value


def _lines(connection: Connection, canonical: bool) -> Iterator[dict[str, Any]]:
    """Every line. Proposals, evaluations and memories have an order of their own; others are sorted by all
    that they say."""

    def in_order(lines: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        return sorted(lines, key=lambda line: dumps(without(line, VOLATILE))) if canonical else lines

    yield {"kind": "header", "format": FORMAT, "version": VERSION}
    yield from in_order(map(design_line, all_designs(connection)))
    yield from in_order({"kind": "promotion", **promotion} for promotion in all_promotions(connection))
    yield from in_order({"kind": "claim", **claim} for claim in claims_of(connection))
    evaluations = summaries(connection)
    if canonical:  # by what names an evaluation, so that only one at a time is in memory
        evaluations.sort(
            key=lambda s: (s.design_id, s.task, s.task_version, s.split, s.model, s.world, s.key, s.foreign)
        )
    yield from (evaluation_line(connection, summary, canonical) for summary in evaluations)
    yield from in_order(failure_line(*failure) for failure in failures_of(connection))
    yield from in_order(map(run_line, all_runs(connection)))
    yield from ({"kind": "proposal", **proposal} for proposal in proposals_of(connection))
    yield from in_order(map(opening_line, all_openings(connection)))
    yield from in_order(insight_line(*insight) for insight in insights_of(connection, foreign=None))
    yield from map(memory_line, versions_of(connection))


def design_line(stored: Stored) -> dict[str, Any]:
    """A design as a line."""
    fields = {name: getattr(stored.design, name) for name in ("id", "source", "name", "thought", "origin")}
    return {"kind": "design", **fields, "parents": list(stored.design.parents), "created": stored.created}


def evaluation_line(connection: Connection, summary: Summary, canonical: bool) -> dict[str, Any]:
    """An evaluation with its results as a line; in the canonical form the results are sorted by item."""
    data = whole(connection, summary).to_json(times=not canonical)
    if canonical:
        data["results"].sort(key=lambda result: result["item_id"])
    else:
        data["runs"] = runs_of(connection, summary.seq)
    return {"kind": "evaluation", **data, "foreign": summary.foreign, "created": summary.created}


def failure_line(design_id: str, run: str, failure: Failure, foreign: bool) -> dict[str, Any]:
    """A failure of a design as a line."""
    told = {"failure": asdict(failure), "foreign": foreign}
    return {"kind": "failure", "design_id": design_id, "run": run, **told}


def run_line(run: RunRecord) -> dict[str, Any]:
    """A run as a line."""
    return {"kind": "run", **asdict(run)}


def opening_line(opening: OpeningRecord) -> dict[str, Any]:
    """An opening as a line."""
    return {"kind": "opening", **asdict(opening)}


def insight_line(run: str, insight: Insight, foreign: bool) -> dict[str, Any]:
    """An insight as a line."""
    return {"kind": "insight", "run": run, **asdict(insight), "foreign": foreign}


def memory_line(record: MemoryRecord) -> dict[str, Any]:
    """A version of a memory as a line."""
    return {"kind": "memory", **asdict(record)}


def export_memory(connection: Connection, name: str, file: str | Path) -> int:
    """Write the versions of one memory, as lines that an archive takes in; how many versions."""
    rows = versions_of(connection, name)
    with writing(file) as out:
        for line in ({"kind": "header", "format": FORMAT, "version": VERSION}, *map(memory_line, rows)):
            out.write(dumps(line).encode() + b"\n")
    return len(rows)
