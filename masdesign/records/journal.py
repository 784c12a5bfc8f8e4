"""Events of episodes, kept: what an environment answered, so that a run is resumed and replayed without it.

An event is a JSON value under a key that names all that it depends on (`masdesign.workflow.gate`). It is
committed before it is delivered, so what an agent has seen is never lost.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

from masdesign.errors import InternalFault
from masdesign.wal import write_ahead

WAIT_SECONDS = 60.0

_SCHEMA = "CREATE TABLE IF NOT EXISTS events (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
_GET = "SELECT value FROM events WHERE key = ?"
_PUT = "INSERT OR IGNORE INTO events VALUES (?, ?)"
_FORGET = "DELETE FROM events WHERE key = ?"


_SEAL = "crc"
"""The member of a stored event that holds its checksum; those of earlier versions have none."""


def _checksum(event: Mapping[str, Any]) -> int:
    read_back = json.loads(json.dumps(event))  # in which every key is a text
    return crc32(json.dumps(read_back, sort_keys=True).encode())


def _opened(text: str) -> dict[str, Any]:
    """A stored event. Raises ValueError where it is not what was written."""
    event: dict[str, Any] = json.loads(text)
    seal = event.pop(_SEAL, None)
    if seal is not None and seal != _checksum(event):
        raise ValueError("an event is not what was written")
    return event


class Journal:
    """Events by key, in a SQLite file (that of the cache, say), or in memory.

    Several processes may use one file; of two events of one key, the first committed stays.

    >>> with Journal() as journal:
    ...     stored = journal.put("k", {"text": "a lamp"})
    ...     journal.get("k"), journal.get("other")
    ({'text': 'a lamp'}, None)
    """

    def __init__(self, place: str | Path = ":memory:") -> None:
        """Open the file, made where it is missing, with the first event."""
        self.place = str(place)
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None

    def get(self, key: str) -> dict[str, Any] | None:
        """The event under ``key``, or ``None``. Raises `InternalFault` where the file is damaged."""
        with self._lock:
            try:
                row = self._connection().execute(_GET, (key,)).fetchone()
                return None if row is None else _opened(row[0])
            except (sqlite3.Error, OSError, ValueError) as error:
                raise self._fault("read", error) from error

    def put(self, key: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Commit an event, and give the one that is kept: another process may have been first."""
        value = json.dumps({**event, _SEAL: _checksum(event)}, sort_keys=True)
        with self._lock:
            try:
                connection = self._connection()
                with connection:
                    connection.execute(_PUT, (key, value))
                return _opened(connection.execute(_GET, (key,)).fetchone()[0])
            except (sqlite3.Error, OSError, ValueError) as error:
                raise self._fault("written", error) from error

    def forget(self, key: str) -> None:
        """Drop an event that cannot be gone on from."""
        with self._lock:
            try:
                with self._connection() as connection:
                    connection.execute(_FORGET, (key,))
            except (sqlite3.Error, OSError) as error:
                raise self._fault("written", error) from error

    def close(self) -> None:
        """Close the file; again does nothing."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            if self.place != ":memory:":
                Path(self.place).parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.place, timeout=WAIT_SECONDS, check_same_thread=False)
            try:
                if self.place != ":memory:":
                    write_ahead(connection, WAIT_SECONDS)
                connection.execute(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self._opened = connection
        return self._opened

    def _fault(self, what: str, error: Exception) -> InternalFault:
        return InternalFault(
            f"journal {self.place} cannot be {what} ({error}); restore it, or name another file"
        )

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
