"""Designs in the database: their failures, what other systems claim of them, and where they came from."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from masdesign.archive.tables import schema
from masdesign.archive.tables.schema import chosen, clean, dumps
from masdesign.archive.tables.sealed import loads, put, read
from masdesign.archive.tables.words import containing, index_words
from masdesign.errors import InputError
from masdesign.types import Failure
from masdesign.workflow.design import Design

_PREFIX = re.compile(r"[0-9a-f]{1,12}")
_ID = re.compile(r"[0-9a-f]{12}")
_TEXTS = ("source", "name", "thought", "origin")
AT_ONCE = 500
"""Ids per query."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A design as it lies in the archive."""

    design: Design
    order: int
    """Rises with every design added: lower is older."""
    created: float
    """Seconds since 1970, UTC."""


def add_design(connection: Connection, design: Design, created: float) -> bool:
    """Keep a design; whether it is new. Of one that is known, nothing changes."""
    table = schema.designs
    if holds_design(connection, design.id):
        return False
    texts = {name: clean(getattr(design, name)) for name in _TEXTS}
    row = {"id": design.id, **texts, "parents": dumps(list(design.parents)), "created": created}
    index_words(connection, put(connection, table, row))
    if rows := links_of(design.id, design.parents):
        connection.execute(insert(schema.links), rows)
    return True


def holds_design(connection: Connection, id_: str) -> bool:
    """Whether there is a design of that full id."""
    table = schema.designs
    return connection.execute(select(table.c.seq).where(table.c.id == id_)).first() is not None


def is_id(text: str) -> bool:
    """Whether it can be a design's id; an import may claim anything to be one."""
    return _ID.fullmatch(text) is not None


def links_of(design_id: str, parents: Collection[str]) -> list[dict[str, str]]:
    """The rows of `schema.links` for a design; a parent that is no id, as an import may claim, has none."""
    return [{"child": design_id, "parent": p} for p in dict.fromkeys(parents) if is_id(p)]


def all_designs(connection: Connection, ids: Collection[str] | None = None) -> list[Stored]:
    """The designs, oldest first; with ``ids`` only those of them that are here."""
    table = schema.designs
    query = chosen(table)
    if ids is None:
        return [_stored(row) for row in read(connection, table, query)]
    rows = [row for part in parts(ids) for row in read(connection, table, query.where(table.c.id.in_(part)))]
    return [_stored(row) for row in sorted(rows, key=lambda row: row.seq)]


def parts(ids: Collection[str]) -> Iterator[list[str]]:
    """Split the distinct ids into parts, each small enough for one query."""
    rest = iter(dict.fromkeys(ids))
    while part := list(islice(rest, AT_ONCE)):
        yield part


def get_design(connection: Connection, id_: str) -> Stored | None:
    """The design of that full id."""
    rows = read(connection, schema.designs, chosen(schema.designs, id=id_))
    return _stored(rows[0]) if rows else None


def find_design(connection: Connection, ref: str) -> Stored:
    """The design that an id, a unique prefix of one, or a name stands for.

    Raises InputError, listing the candidates, where there are several, and where there is none.
    """
    matches = fitting_designs(connection, ref)
    if not matches:
        raise InputError(f"no design {ref!r} in this archive; masdesign archive list shows what there is")
    if len(matches) > 1:
        some = ", ".join(f"{s.design.id} ({s.design.name or 'no name'})" for s in matches[:8])
        more = f" and {len(matches) - 8} more" if len(matches) > 8 else ""
        raise InputError(f"{ref!r} stands for {len(matches)} designs: {some}{more}; give one's id")
    return matches[0]


def fitting_designs(connection: Connection, ref: str) -> list[Stored]:
    """The design of a unique prefix of an id; else all of that name; else all whose id begins so."""
    table, lowered = schema.designs, ref.strip().lower()
    matches: list[Stored] = []
    if _PREFIX.fullmatch(lowered):  # "g" follows the last hex digit: a range is read from the index
        within = table.c.id.between(lowered, f"{lowered}g")
        matches = [_stored(row) for row in read(connection, table, select(table).where(within))]
    if len(matches) == 1:
        return matches
    return [_stored(row) for row in read(connection, table, chosen(table, name=ref))] or matches


def search_designs(connection: Connection, text: str) -> list[Stored]:
    """Designs that have every word of ``text`` in name, thought, origin or source, whatever the case."""
    query = chosen(schema.designs)
    for word in text.casefold().split():
        query = query.where(containing(connection, word))
    return [_stored(row) for row in read(connection, schema.designs, query)]


def _stored(row: Row[Any]) -> Stored:
    texts = {name: getattr(row, name) for name in _TEXTS}
    design = Design(**texts, parents=tuple(loads(row.parents)))
    design.__dict__["id"] = row.id  # computed when it was added; parsing every source again would be slow
    return Stored(design, row.seq, row.created)


def add_failure(
    connection: Connection, design_id: str, failure: Failure, run: str, created: float, foreign: bool = False
) -> bool:
    """Keep a failure of a design; whether it is new."""
    table = schema.failures
    fields = {**asdict(failure), "message": clean(failure.message), "cure": clean(failure.cure)}
    same = (table.c.design_id == design_id) & (table.c.run == run) & (table.c.failure == dumps(fields))
    if not foreign:  # what is imported may be known either way; our own is kept even if it was imported
        same &= table.c.foreign_.is_(False)
    if connection.execute(select(table.c.seq).where(same)).first():
        return False
    values = {"design_id": design_id, "run": run, "failure": dumps(fields), "foreign_": foreign}
    put(connection, table, {**values, "created": created})
    return True


def failures_of(
    connection: Connection, design_id: str | None = None, run: str | None = None
) -> list[tuple[str, str, Failure, bool]]:
    """(design id, run, failure, whether imported), oldest first; ``None`` fits all."""
    rows = read(connection, schema.failures, chosen(schema.failures, design_id=design_id, run=run))
    return [(r.design_id, r.run, Failure(**loads(r.failure)), r.foreign_) for r in rows]


def add_claim(
    connection: Connection, design_id: str, origin: str, claim: Mapping[str, Any], created: float
) -> bool:
    """Store a claim, unless it is empty or stored already; return whether it was stored."""
    if not claim:
        return False
    table, text = schema.claims, dumps(dict(claim))
    same = (table.c.design_id == design_id) & (table.c.origin == clean(origin)) & (table.c.claim == text)
    if connection.execute(select(table.c.seq).where(same)).first():
        return False
    row = {"design_id": design_id, "origin": clean(origin), "claim": text, "created": created}
    put(connection, table, row)
    return True


def claims_of(connection: Connection, design_id: str | None = None) -> list[dict[str, Any]]:
    """``design_id``, ``origin``, ``claim``, ``created`` of each claim, oldest first."""
    return [
        {"design_id": r.design_id, "origin": r.origin, "claim": loads(r.claim), "created": r.created}
        for r in read(connection, schema.claims, chosen(schema.claims, design_id=design_id))
    ]


@dataclass(frozen=True, slots=True)
class Relative:
    """A design id and how many generations it is away: parents 1, grandparents 2 …"""

    design_id: str
    generations: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """The family of one design, nearest first; a relative over two ways is listed once, at the nearer."""

    design_id: str
    ancestors: tuple[Relative, ...]
    descendants: tuple[Relative, ...]


def lineage_of(connection: Connection, design_id: str) -> Lineage:
    """The lineage of a design of the archive. Only its family is read, a generation at a time."""
    links, designs = schema.links, schema.designs
    above = select(designs.c.id, designs.c.parents)
    parents: dict[str, list[str]] = {}
    front = seen = {design_id}
    while front:
        steps = [above.where(designs.c.id.in_(part)) for part in parts(front)]
        edges = {row.id: loads(row.parents) for query in steps for row in connection.execute(query)}
        parents |= edges
        front = {p for its in edges.values() for p in its if is_id(p)} - seen
        seen = seen | front
    front = seen = {design_id}
    while front:
        queries = [select(links).where(links.c.parent.in_(part)) for part in parts(front)]
        rows = [row for query in queries for row in connection.execute(query)]
        for row in rows:
            parents.setdefault(row.child, []).append(row.parent)
        front = {row.child for row in rows} - seen
        seen = seen | front
    return lineage(design_id, parents)


def lineage(design_id: str, parents: Mapping[str, Iterable[str]]) -> Lineage:
    """The lineage of a design, given the parents of every design.

    Parents that are not in the archive are listed as well. An import may claim anything: a design that
    is its own ancestor does no harm.

    >>> family = lineage("b", {"a": (), "b": ("a",), "c": ("b", "x")})
    >>> family.ancestors, family.descendants
    ((Relative(design_id='a', generations=1),), (Relative(design_id='c', generations=1),))
    """
    children: dict[str, list[str]] = {}
    for child, its in parents.items():
        for parent in its:
            children.setdefault(parent, []).append(child)
    return Lineage(design_id, _walk(design_id, parents), _walk(design_id, children))


def _walk(start: str, edges: Mapping[str, Iterable[str]]) -> tuple[Relative, ...]:
    seen, relatives, generation, front = {start}, list[Relative](), 1, list(edges.get(start, ()))
    while front:
        fresh = sorted(set(front) - seen)
        seen.update(fresh)
        relatives += [Relative(design_id, generation) for design_id in fresh]
        front = [further for design_id in fresh for further in edges.get(design_id, ())]
        generation += 1
    return tuple(relatives)
