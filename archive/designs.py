"""Designs and their failures in the database."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select

from masdesign.archive import schema
from masdesign.archive.text import clean, dumps
from masdesign.errors import InputError
from masdesign.types import Failure
from masdesign.workflow.design import Design

_ID = re.compile(r"[0-9a-f]{1,12}")


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
    if connection.execute(select(table.c.seq).where(table.c.id == design.id)).first():
        return False
    connection.execute(
        insert(table).values(
            id=design.id,
            source=clean(design.source),
            name=clean(design.name),
            thought=clean(design.thought),
            parents=dumps(list(design.parents)),
            origin=clean(design.origin),
            created=created,
        )
    )
    return True


def all_designs(connection: Connection, ids: Sequence[str] | None = None) -> list[Stored]:
    """The designs, oldest first; with ``ids`` only those of them that are here."""
    table = schema.designs
    rows = connection.execute(select(table).order_by(table.c.seq))
    wanted = None if ids is None else set(ids)
    return [_stored(row) for row in rows if wanted is None or row.id in wanted]


def get_design(connection: Connection, id_: str) -> Stored | None:
    """The design of that full id."""
    row = connection.execute(select(schema.designs).where(schema.designs.c.id == id_)).first()
    return None if row is None else _stored(row)


def find_design(connection: Connection, ref: str) -> Stored:
    """The design that an id, a unique prefix of one, or a name stands for.

    Raises InputError, listing the candidates, where there are several, and where there is none.
    """
    table = schema.designs
    lowered = ref.strip().lower()
    found: list[Stored] = []
    if _ID.fullmatch(lowered):
        found = [_stored(r) for r in connection.execute(select(table).where(table.c.id.startswith(lowered)))]
    if len(found) != 1:
        named = connection.execute(select(table).where(table.c.name == ref).order_by(table.c.seq))
        found = [_stored(row) for row in named] or found
    if not found:
        raise InputError(f"no design {ref!r} in this archive; masdesign archive list shows what there is")
    if len(found) > 1:
        some = ", ".join(f"{s.design.id} ({s.design.name or 'no name'})" for s in found[:8])
        more = f" and {len(found) - 8} more" if len(found) > 8 else ""
        raise InputError(f"{ref!r} stands for {len(found)} designs: {some}{more}; give one's id")
    return found[0]


def search_designs(connection: Connection, text: str) -> list[Stored]:
    """Designs that have every word of ``text`` in name, thought, origin or source, whatever the case."""
    table = schema.designs
    query = select(table).order_by(table.c.seq)
    for word in text.casefold().split():
        columns = (table.c.name, table.c.thought, table.c.origin, table.c.source)
        query = query.where(or_(*(func.lower(c).contains(word, autoescape=True) for c in columns)))
    return [_stored(row) for row in connection.execute(query)]


def _stored(row: Row[Any]) -> Stored:
    design = Design(
        source=row.source,
        name=row.name,
        thought=row.thought,
        parents=tuple(json.loads(row.parents)),
        origin=row.origin,
    )
    design.__dict__["id"] = row.id  # reckoned when it was added; parsing every source again would be slow
    return Stored(design, row.seq, row.created)


def add_failure(
    connection: Connection,
    design_id: str,
    failure: Failure,
    run: str,
    created: float,
    *,
    foreign: bool = False,
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
    connection.execute(insert(table).values(**values, created=created))
    return True


def failures_of(connection: Connection, design_id: str | None = None) -> list[tuple[str, str, Failure, bool]]:
    """(design id, run, failure, whether imported), oldest first."""
    table = schema.failures
    query = select(table).order_by(table.c.seq)
    if design_id is not None:
        query = query.where(table.c.design_id == design_id)
    rows = connection.execute(query)
    return [(r.design_id, r.run, Failure(**json.loads(r.failure)), r.foreign_) for r in rows]
