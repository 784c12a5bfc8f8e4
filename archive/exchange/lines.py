"""The archive as JSONL: one line a design, promotion, evaluation, failure, run, proposal,
opening, insight or version of a memory.

Every line is an object with a ``kind``; the first, of kind ``header``, names format and version. Designs
come before what speaks of them. The canonical form is sorted and leaves out times, hosts and paid
figures; it is what "the same archive" means.

One run of an archive as canonical lines, and the differences between two such slices.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

from masdesign.archive.insight import Insight
from masdesign.archive.tables.designs import Stored, all_designs, claims_of, failures_of
from masdesign.archive.tables.evaluations import Summary, runs_of, summaries, whole
from masdesign.archive.tables.learned import MemoryRecord, insights_of, versions_of
from masdesign.archive.tables.promotions import all_promotions
from masdesign.archive.tables.runs import (
    OpeningRecord,
    RunRecord,
    all_openings,
    all_runs,
    get_run,
    known_run,
    proposals_of,
)
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


Slice = dict[tuple[str, str], Any]
"""Lines by what names them: their kind and a key."""


def run_slice(connection: Connection, run: str) -> Slice:
    """The run, what it proposed, evaluated, saw fail and opened, as the canonical export has it.

    Of a design only what the run itself decides: another run may have found it first, and named it.
    Raises InputError where there is no run of that name.
    """
    known_run(connection, run)
    return {key: without(line, VOLATILE) for key, line in _lines_of(connection, run)}


def _lines_of(connection: Connection, run: str) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    record = get_run(connection, run)
    assert record is not None
    yield ("run", run), run_line(record)
    proposals, openings = proposals_of(connection, run), all_openings(connection, run)
    evaluations = summaries(connection, run=run, foreign=False)
    ids = {p["design_id"] for p in proposals} | {s.design_id for s in evaluations}
    for stored in all_designs(connection, ids.union(*(opening.designs for opening in openings))):
        line = design_line(stored)
        yield ("design", stored.design.id), {name: line[name] for name in ("id", "source")}
    for proposal in proposals:
        yield ("proposal", str(proposal["position"])), proposal
    for summary in evaluations:
        yield ("evaluation", summary.key), evaluation_line(connection, summary, canonical=True)
    for opening in openings:
        yield ("opening", opening.key), opening_line(opening)
    for design_id, _, failure, _ in failures_of(connection, run=run):
        yield ("failure", f"{design_id} {failure}"), {"failure": failure.message}


def differences(recorded: Slice, again: Slice) -> list[str]:
    """Where a run went otherwise than the record says, a line each; none where it went the same.

    An evaluation in the record may have grown since, by what other runs asked of the same design: only
    the items that the run asked for again are compared.
    """
    messages = []
    for key in sorted(recorded.keys() | again.keys()):
        name = " ".join(key)
        if key not in again:
            messages.append(f"{name}: recorded, and not found again")
        elif key not in recorded:
            messages.append(f"{name}: new")
        elif (where := _first(_cut(recorded[key], again[key]), again[key])) is not None:
            messages.append(f"{name}: {where}")
    return messages


def _cut(recorded: Any, again: Any) -> Any:
    """The recorded line, less the results that were not asked for again."""
    if recorded.get("kind") != "evaluation":
        return recorded
    items = {result["item_id"] for result in again["results"]}
    return {**recorded, "results": [r for r in recorded["results"] if r["item_id"] in items]}


def _first(recorded: Any, again: Any, path: str = "") -> str | None:
    """The first place at which two JSON values differ, with both values in short."""
    if isinstance(recorded, Mapping) and isinstance(again, Mapping):
        for name in sorted(recorded.keys() | again.keys()):
            inner = _first(recorded.get(name), again.get(name), f"{path}.{name}" if path else str(name))
            if inner is not None:
                return inner
        return None
    if isinstance(recorded, (list, tuple)) and isinstance(again, (list, tuple)):
        if len(recorded) != len(again):
            return f"{path} has {len(again)} entries, recorded {len(recorded)}"
        pairs = enumerate(zip(recorded, again, strict=True))
        return next(
            (inner for i, (a, b) in pairs if (inner := _first(a, b, f"{path}.{i}")) is not None), None
        )
    return None if recorded == again else f"{path} is {again!r:.60}, recorded {recorded!r:.60}"
