"""What runs learned, in the database: insights, which add up, and memories with all their versions."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete

from masdesign.archive.insight import Evidence, Insight
from masdesign.archive.tables import schema
from masdesign.archive.tables.schema import chosen, clean, dumps
from masdesign.archive.tables.sealed import content, loads, put, put_all, read
from masdesign.errors import InputError
from masdesign.memory import Memory

_TEXTS = ("model", "what", "words", "about")


def add_insights(
    connection: Connection, run: str, insights: Iterable[Insight], created: float, *, foreign: bool = False
) -> None:
    """Write down what a run found, in the place of what it had written before."""
    table = schema.insights
    connection.execute(delete(table).where((table.c.run == run) & (table.c.foreign_ == foreign)))
    rows = (
        {"run": run, "task": clean(insight.when), "foreign_": foreign, "created": created}
        | {name: clean(getattr(insight, name)) for name in _TEXTS}
        | asdict(insight.evidence)
        for insight in insights
    )
    put_all(connection, table, rows)


def insights_of(
    connection: Connection, run: str | None = None, *, foreign: bool | None = False
) -> list[tuple[str, Insight, bool]]:
    """(run, insight, foreign), in the order of writing; only those made here, unless told otherwise."""
    rows = read(connection, schema.insights, chosen(schema.insights, run=run, foreign_=foreign))
    return [(row.run, _insight(row), bool(row.foreign_)) for row in rows]


def _insight(row: Row[Any]) -> Insight:
    evidence = Evidence(row.weight, row.total, row.squares, row.helped, row.hurt)
    return Insight(when=row.task, evidence=evidence, **{name: getattr(row, name) for name in _TEXTS})


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """One version of a memory, as what it changed."""

    name: str
    version: int
    """From 1 on; version 0 of every memory is the empty one."""
    digest: str
    """Of all that this version holds (`Memory.digest`)."""
    task: str
    """The task whose items taught it; empty for a memory that several share."""
    run: str
    put: list[dict[str, Any]]
    """Entries that are new, or changed."""
    drop: list[str]
    """Ids of entries that are gone."""
    foreign: bool
    created: float


def save_memory(
    connection: Connection, name: str, memory: Memory, created: float, *, task: str = "", run: str = ""
) -> int:
    """Store a memory as its next version, unless the latest is equal; return the version's number."""
    rows = versions_of(connection, name)
    latest = folded(rows)
    if rows and latest.digest == memory.digest:
        return rows[-1].version
    held = {entry.id: entry for entry in latest}
    put = [entry.to_json() for entry in memory if held.get(entry.id) != entry]
    drop = sorted(held.keys() - {entry.id for entry in memory})
    number = rows[-1].version + 1 if rows else 1
    add_version(connection, MemoryRecord(name, number, memory.digest, task, run, put, drop, False, created))
    return number


def add_version(connection: Connection, record: MemoryRecord) -> None:
    """Write one version down."""
    values = asdict(record)
    values["changes"] = dumps({part: values.pop(part) for part in ("put", "drop")})
    values["foreign_"] = values.pop("foreign")
    values |= {part: clean(values[part]) for part in ("name", "task", "run")}
    put(connection, schema.memories, values)


def versions_of(connection: Connection, name: str | None = None) -> list[MemoryRecord]:
    """The versions of a memory, or of all, by name and number."""
    rows = read(connection, schema.memories, chosen(schema.memories, "name", "version", name=name))
    return [_record(row) for row in rows]


def _record(row: Row[Any]) -> MemoryRecord:
    fields = content(row)
    changes = loads(fields.pop("changes"))
    return MemoryRecord(foreign=bool(fields.pop("foreign_")), **fields, **changes)


def folded(rows: Iterable[MemoryRecord]) -> Memory:
    """Apply changes in order to an empty memory."""
    memory = Memory()
    for row in rows:
        memory = memory.without(row.drop).put(*Memory.from_json(row.put))
    return memory


def memory_of(connection: Connection, ref: str) -> Memory:
    """The memory ``NAME``, or ``NAME@VERSION``.

    Raises InputError where there is none.
    """
    name, _, number = ref.partition("@")
    rows = versions_of(connection, name)
    if not rows:
        known = ", ".join(sorted({row.name for row in versions_of(connection)})) or "none"
        raise InputError(f"memory {name!r} is not in this archive; it has: {known}")
    if not number:
        return folded(rows)
    if not number.isdigit() or int(number) > rows[-1].version:
        raise InputError(f"memory {name!r} has versions 0 to {rows[-1].version}, not {number!r}")
    return folded(row for row in rows if row.version <= int(number))
