"""Taking in an export from elsewhere, every part of it untrusted.

**Foreign.** Whatever is imported but the designs themselves is marked foreign and stays so: it is shown as
evidence, and never counts for `best`, `frontier` or the latest run. An evaluation that this archive made
itself stands beside a foreign one with the same key; one that says the same as our own is merely known.
Nothing of ours is changed by an import. A block that was promoted elsewhere is one here, too, where its name
is free: guest code in the sandbox, computed anew from its design, with foreign evidence marked as such.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from masdesign.archive.elsewhere import Brought, Rejected
from masdesign.archive.exchange.lines import FORMAT, VERSION
from masdesign.archive.exchange.taking import TAKERS
from masdesign.archive.exchange.untrusted import Skip, get, lines_of, parse_line
from masdesign.archive.tables.designs import add_claim, add_design
from masdesign.errors import InputError, SourceError
from masdesign.workflow import Block, check

MAX_SKIPPED = 1000
"""Skipped lines that are reported one by one."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the lines of a file."""

    added: int
    known: int
    skipped: tuple[dict[str, str], ...]
    """``name`` (a design's or run's where it has one) and ``reason``."""

    def to_json(self) -> dict[str, Any]:
        """As ``masdesign archive import --json`` prints it."""
        return {"added": self.added, "known": self.known, "skipped": list(self.skipped)}


def import_file(connection: Connection, path: Path, now: float) -> Imported:
    """Take in a file: its designs first, then what speaks of them, whatever the order of lines.

    Raises InputError where the file cannot be read, or is an export of a newer version.
    """
    added = present = 0
    skipped: list[dict[str, str]] = []
    rest = ("promotion", "claim", "evaluation", "failure", "proposal", "opening", "insight", "memory")
    for kinds in (("design",), ("run",), rest):
        first = kinds == ("design",)
        for number, line in lines_of(path):
            try:
                if isinstance(line, Skip):
                    raise line
                data = parse_line(line)
                kind = _kind(data, path)
            except Skip as reason:
                if first:
                    skipped.append({"name": f"line {number}", "reason": str(reason)})
                continue
            if kind not in kinds:
                continue
            try:
                new = TAKERS[kind](connection, data, now)
            except Skip as reason:
                skipped.append({"name": f"line {number}: {_name(data)}", "reason": str(reason)})
            else:
                added, present = added + new, present + (not new)
    return Imported(added, present, _shorten(skipped))


def import_elsewhere(
    connection: Connection,
    entries: Iterable[Brought | Rejected],
    blocks: Mapping[str, Block[Any, Any]],
    now: float,
) -> Imported:
    """Take in what a reader of another system's archive found; only what can run here."""
    added = present = 0
    skipped: list[dict[str, str]] = []
    for each in entries:
        if isinstance(each, Rejected):
            skipped.append({"name": each.name[:200], "reason": each.reason})
            continue
        try:
            check(each.design, blocks)
        except SourceError as error:
            skipped.append({"name": each.design.name, "reason": str(error)})
            continue
        new = add_design(connection, each.design, now)
        claimed = add_claim(connection, each.design.id, each.design.origin, each.claim, now)
        added, present = added + (new or claimed), present + (not (new or claimed))
    return Imported(added, present, _shorten(skipped))


def _shorten(skipped: list[dict[str, str]]) -> tuple[dict[str, str], ...]:
    if len(skipped) <= MAX_SKIPPED:
        return tuple(skipped)
    rest = {"name": "…", "reason": f"{len(skipped) - MAX_SKIPPED} more lines were skipped"}
    return (*skipped[:MAX_SKIPPED], rest)


def _kind(data: Mapping[str, Any], path: Path) -> str:
    kind = get(data, "kind", str)
    if kind == "header":
        if data.get("format") != FORMAT:
            raise Skip(f"a header of another format; {FORMAT} is what can be read")
        if get(data, "version", int) > VERSION:
            raise InputError(
                f"{path} was exported by a newer masdesign (version {data['version']}); upgrade masdesign"
            )
        return kind
    if kind not in TAKERS:
        raise Skip(f"unknown kind {kind[:40]!r}")
    return kind


def _name(data: Mapping[str, Any]) -> str:
    named = next(
        (data[k] for k in ("name", "id", "design_id", "run") if isinstance(data.get(k), str) and data[k]), ""
    )
    return f"{data['kind']} {named[:80]}".strip()
