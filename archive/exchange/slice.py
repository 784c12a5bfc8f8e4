"""One run of an archive as canonical lines, and the differences between two such slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from masdesign.archive.exchange.lines import (
    VOLATILE,
    design_line,
    evaluation_line,
    opening_line,
    run_line,
    without,
)
from masdesign.archive.tables.designs import all_designs, failures_of
from masdesign.archive.tables.evaluations import summaries
from masdesign.archive.tables.runs import all_openings, get_run, known_run, proposals_of

Slice = dict[tuple[str, str], Any]
"""Lines by what names them: their kind and a key."""


def run_slice(connection: Connection, run: str) -> Slice:
    """The run, what it proposed, evaluated, saw fail and opened, as the canonical export has it.

    Of a design only what the run itself decides: another run may have found it first, and named it.
    Raises InputError where there is no run of that name.
    """
    known_run(connection, run)
    return {key: without(line, VOLATILE) for key, line in _lines(connection, run)}


def _lines(connection: Connection, run: str) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
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
