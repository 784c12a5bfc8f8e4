"""Rows with a checksum: no database file has one, and a flipped bit in a row would be another score.

`put` and `amend` write the checksum, `read` verifies it. Rows that an earlier version wrote have none until
they change.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from zlib import crc32

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Row,
    Select,
    Table,
    insert,
    select,
    update,
)


class DamagedRow(Exception):
    """A row is not what was written."""


def put(connection: Connection, table: Table, row: Mapping[str, Any]) -> Any:
    """Insert a row; the first column of its primary key."""
    inserted = connection.execute(insert(table), {**row, "seal": _seal(table, row)}).inserted_primary_key
    assert inserted is not None
    return inserted[0]


def put_all(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows, if there are any."""
    if sealed := [{**row, "seal": _seal(table, row)} for row in rows]:
        connection.execute(insert(table), sealed)


def amend(connection: Connection, table: Table, which: ColumnElement[bool], **values: Any) -> bool:
    """Change the one row for which a condition holds; whether there is one."""
    rows = read(connection, table, select(table).where(which))
    for row in rows:
        seal = _seal(table, {**row._mapping, **values})
        connection.execute(update(table).where(which).values(**values, seal=seal))
    return bool(rows)


def read(connection: Connection, table: Table, query: Select[Any]) -> list[Row[Any]]:
    """The whole rows of a table that a query selects. Raises DamagedRow."""
    rows = list(connection.execute(query))
    for row in rows:
        if row.seal is not None and row.seal != _seal(table, row._asdict()):
            raise damaged(table, row[0])
    return rows


def damaged(table: Table, number: object) -> DamagedRow:
    """What to raise of a row that is not what was written."""
    return DamagedRow(f"row {number} of its table {table.name} is not what was written")


def content(row: Row[Any]) -> dict[str, Any]:
    """The row without its number and checksum."""
    return {name: value for name, value in row._mapping.items() if name not in ("seq", "seal")}


def loads(text: str) -> Any:
    """A value that `schema.dumps` wrote. Raises DamagedRow."""
    try:
        return json.loads(text)
    except ValueError:
        raise DamagedRow(f"it holds {text[:40]!r} where JSON was written") from None


def _seal(table: Table, row: Mapping[str, Any]) -> int | None:
    """The checksum; ``None``, which no row has that was written with one, of values of wrong types."""
    try:
        values = [
            value if value is None or kind is None else kind(value)
            for value, kind in ((row.get(name), kind) for name, kind in _columns(table))
        ]
        return crc32(repr(values).encode("utf-8", "surrogatepass"))
    except (TypeError, ValueError):
        return None


@cache
def _columns(table: Table) -> list[tuple[str, type | None]]:
    """What the checksum covers: names of columns, with the type in which databases agree."""
    kinds: list[tuple[type[Any], type]] = [(Float, float), (Boolean, int), (Integer, int)]
    return [
        (column.name, next((plain for kind, plain in kinds if isinstance(column.type, kind)), None))
        for column in table.columns
        if column.name not in ("seq", "seal")
    ]
