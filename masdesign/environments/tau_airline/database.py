"""An airline's database: flights, users and reservations, each changed by copy.

All episodes share the records as they were read. An episode holds copies of those that it has changed
alone, so that opening one costs nothing and two of them share no change.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from masdesign.errors import InputError

TABLES = ("flights", "reservations", "users")
Record = dict[str, Any]


class Database:
    """Three tables of records by id; reading gives the shared record, `change` gives one's own."""

    def __init__(
        self, base: Mapping[str, Mapping[str, Record]], texts: dict[tuple[str, str], str] | None = None
    ) -> None:
        self._base = base
        self._texts: dict[tuple[str, str], str] = {} if texts is None else texts
        self._changed: dict[str, dict[str, Record]] = {table: {} for table in TABLES}

    @classmethod
    def read(cls, folder: Path) -> Database:
        """Read ``airline_flights.json``, ``airline_reservations.json`` and ``airline_users.json``.

        Raises:
            InputError: a file is absent or not JSON.
        """
        return cls({table: read_json(folder / f"airline_{table}.json") for table in TABLES})

    def get(self, table: str, key: str) -> Record | None:
        """The record, not to be written to; ``None`` where there is none."""
        return self._changed[table].get(key) or self._base[table].get(key)

    def change(self, table: str, key: str) -> Record:
        """The record of that id, to be written to."""
        if key not in self._changed[table]:
            self._changed[table][key] = copy.deepcopy(self._base[table][key])
        return self._changed[table][key]

    def add(self, table: str, key: str, record: Record) -> None:
        """Add a record of a new id."""
        self._changed[table][key] = record

    def all(self, table: str) -> list[Record]:
        """All records of a table, in their order, new ones last."""
        changed = self._changed[table]
        new = [record for key, record in changed.items() if key not in self._base[table]]
        return [changed.get(key, record) for key, record in self._base[table].items()] + new

    def fresh(self) -> Database:
        """The same database without its changes."""
        return Database(self._base, self._texts)

    def fork(self) -> Database:
        """An independent copy, changes included."""
        twin = self.fresh()
        twin._changed = copy.deepcopy(self._changed)
        return twin

    def same_content(self, other: Database) -> bool:
        """Whether both hold the same content, numbers of the same type included."""
        return self._differences() == other._differences()

    def _differences(self) -> dict[tuple[str, str], str]:
        texts = {
            (table, key): _frozen_text(record)
            for table, changed in self._changed.items()
            for key, record in changed.items()
        }
        return {place: text for place, text in texts.items() if text != self._base_text(*place)}

    def _base_text(self, table: str, key: str) -> str:
        """A shared record as text, made once."""
        if (table, key) not in self._texts:
            record = self._base[table].get(key)
            self._texts[table, key] = "" if record is None else _frozen_text(record)
        return self._texts[table, key]

    def digest(self) -> str:
        """SHA-256 of all content, as tau-bench computes ``gt_data_hash``."""
        tables = []
        for table in TABLES:
            changed = {key: _frozen_text(record) for key, record in self._changed[table].items()}
            keys = sorted(self._base[table].keys() | changed.keys())
            texts = (f"({key!r}, {changed.get(key) or self._base_text(table, key)})" for key in keys)
            tables.append(f"({table!r}, ({', '.join(texts)}))")
        return hashlib.sha256(f"({', '.join(tables)})".encode()).hexdigest()


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: it is absent or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); tau_airline needs the data of tau-bench: "
            "name its folder, or set MASDESIGN_DATA to the folder above it"
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from error


def _frozen_text(record: Record) -> str:
    return str(_frozen(record))


def _frozen(value: Any) -> Any:
    """The value with tuples for lists, and sorted pairs for dictionaries."""
    if isinstance(value, dict):
        return tuple((key, _frozen(value[key])) for key in sorted(value))
    if isinstance(value, list):
        return tuple(_frozen(part) for part in value)
    return value
