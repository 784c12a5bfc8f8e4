"""SQLite's write-ahead log, switched on while other processes may be opening the same new file."""

import contextlib
import errno
import sqlite3
import tempfile
import time
from pathlib import Path

with contextlib.suppress(ImportError):  # not on Windows, where every file system locks
    import fcntl

_REFUSED = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


def write_ahead(connection: sqlite3.Connection, wait_seconds: float) -> None:
    """Switch the file to its write-ahead log.

    SQLite waits by itself for a lock in every statement but this one, which is refused at once where
    another process writes into a file that has no such log yet. A file system that refuses locks looks to
    SQLite as if another process held them for ever, so that is tried before.

    Raises:
        sqlite3.OperationalError: the file stays locked, or its file system refuses locks.
    """
    file = connection.execute("PRAGMA database_list").fetchone()[2]
    if file and _refuses_locks(Path(file).parent):
        raise sqlite3.OperationalError("its file system refuses locks")
    until = time.monotonic() + wait_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= until:
                raise
            time.sleep(0.02)
        else:
            return


def _refuses_locks(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _REFUSED
    except NameError:
        pass
    return False
