"""Recorded completions in one SQLite file, which many processes share."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from masdesign.records.home import Row
from masdesign.wal import write_ahead

WAIT_SECONDS = 60.0
"""How long one process waits for another one's commit."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS completions (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, request TEXT NOT NULL, text TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, usd REAL NOT NULL,
    finish TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS models (
    model TEXT PRIMARY KEY, "window" INTEGER NOT NULL, price TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS extras (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS profiles (model TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_INSERT = "INSERT OR IGNORE INTO completions VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_EXTRA = "INSERT OR IGNORE INTO extras VALUES (?, ?)"
_SELECT = (
    "SELECT text, prompt_tokens, completion_tokens, usd, finish, coalesce(value, '') "
    "FROM completions LEFT JOIN extras USING (key) WHERE key = ?"
)
_MODELS = (
    "SELECT model, \"window\", price, coalesce(value, '') FROM models LEFT JOIN profiles USING (model) "
    "ORDER BY model"
)
_MODEL = "INSERT OR REPLACE INTO models VALUES (?, ?, ?)"


class File:
    """A `Home` in a file (WAL); ``:memory:`` is one that lives as long as the object."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error, OSError)
    cure = "name another file"

    def __init__(self, path: str) -> None:
        self.shown = path

    def open(self) -> None:
        if self.shown == ":memory:":
            self._reader = self._writer = _connect(self.shown)
            return
        Path(self.shown).parent.mkdir(parents=True, exist_ok=True)
        # Two connections: reading never waits for another process's commit.
        self._reader, self._writer = _connect(self.shown), _connect(self.shown)
        self._inode = os.stat(self.shown).st_ino

    def find(self, key: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._reader.execute(_SELECT, (key,)).fetchone()
        return row

    def keep(self, rows: Sequence[Row]) -> None:
        if self.shown != ":memory:" and not self._is_there():
            raise OSError("it was removed or replaced while it was in use")
        with self._writer as connection:
            connection.executemany(_INSERT, (row[:8] for row in rows))
            connection.executemany(_EXTRA, ((row[0], row[8]) for row in rows if row[8]))

    def _is_there(self) -> bool:
        try:
            return os.stat(self.shown).st_ino == self._inode
        except OSError:
            return False

    def note_model(self, model: str, window: int, price: str | None, profile: str) -> None:
        with self._writer as connection:
            connection.execute(_MODEL, (model, window, price))
            connection.execute("DELETE FROM profiles WHERE model = ?", (model,))
            if profile:
                connection.execute("INSERT INTO profiles VALUES (?, ?)", (model, profile))

    def models(self) -> list[tuple[str, int, str | None, str]]:
        return self._reader.execute(_MODELS).fetchall()

    def count(self) -> int:
        return int(self._reader.execute("SELECT count(*) FROM completions").fetchone()[0])

    def close(self) -> None:
        self._writer.close()
        self._reader.close()


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS, check_same_thread=False)
    try:
        write_ahead(connection, WAIT_SECONDS)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
