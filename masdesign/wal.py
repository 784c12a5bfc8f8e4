"""SQLite's write-ahead log, switched on while other processes may be opening the same new file."""

from __future__ import annotations

import sqlite3


def write_ahead(connection: sqlite3.Connection, wait_seconds: float) -> None:
    """Switch the file to its write-ahead log; raises `sqlite3.OperationalError` where it stays locked.

    SQLite waits by itself for a lock in every statement but this one, which is refused at once where
    another process writes into a file that has no such log yet.
    """
    from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

    for attempt in Retrying(
        retry=retry_if_exception(_is_locked),
        stop=stop_after_delay(wait_seconds),
        wait=wait_random(0.01, 0.05),
        reraise=True,
    ):
        with attempt:
            connection.execute("PRAGMA journal_mode = WAL")


def _is_locked(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
