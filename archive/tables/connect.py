"""Opening the database behind an archive: SQLite at a path, or any SQLAlchemy URL.

All that is special to one database is here: SQLite's pragmas, and the lock that a transaction takes when
it begins to write, so that two processes wait for each other instead of failing half-way. On PostgreSQL
it is an advisory lock, and what reads sees one moment.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, PendingRollbackError
from sqlalchemy.pool import NullPool, StaticPool

from masdesign.archive.tables.schema import SCHEMA_VERSION, meta, tables
from masdesign.archive.tables.sealed import DamagedRow
from masdesign.archive.tables.words import make_index
from masdesign.errors import InputError
from masdesign.public import public
from masdesign.wal import write_ahead

WAIT_SECONDS = 30
"""How long one process waits for another one's transaction."""
_LOCK = int.from_bytes(b"masdesgn")
"""The number of PostgreSQL's advisory lock that writers of archives take."""


def open_engine(url_or_path: str) -> Engine:
    """An engine whose database has the archive's tables, made where there is none.

    Raises InputError, in one line, for a folder, a file that is no database or not an archive, one that
    cannot be read, or a newer schema; no password of a URL is shown.
    """
    is_url, shown = "://" in url_or_path, shown_place(url_or_path)
    try:
        engine = _engine_of_url(url_or_path) if is_url else _engine_of_path(url_or_path)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise InputError(f"archive {shown}: no driver for this database ({error}); install one") from error
    except (ArgumentError, ValueError) as error:
        raise InputError(f"archive {shown}: not a path or a database URL; check it") from error
    except OSError as error:
        raise InputError(f"archive {shown}: {error.strerror}; name a path that can be written") from error
    try:
        with explained(shown):
            _prepare(engine, shown)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def explained(shown: str) -> Iterator[None]:
    """Turn what a database refuses into one line for the user; programming errors pass."""
    try:
        yield
    except DamagedRow as error:
        raise InputError(
            f"archive {shown} is damaged, {error}; restore it from a copy, or move it away: "
            "the same command fills another from the cache"
        ) from None
    except PendingRollbackError as error:  # the connection broke off in the middle of a transaction
        reason = f"archive {shown}: the connection was lost"
        raise InputError(f"{reason}; check that the server is up and the URL right") from error
    except DBAPIError as error:
        cure = _cure(str(error.orig))
        if cure is None and not isinstance(error.orig, sqlite3.OperationalError):
            raise
        raise InputError(f"archive {shown}: {error.orig}; {cure or 'check the path'}") from error


def _cure(message: str) -> str | None:
    for part, cure in (
        ("not a database", "name another path, or move that file away"),
        ("decode to UTF-8", "it is damaged: restore it from a copy, or name another path"),
        ("malformed", "restore it from a copy, or name another path"),
        ("refuses locks", "name a path on a local disk, or a PostgreSQL database"),
        ("locked", "another process is writing; wait for it, or name another path"),
        ("readonly", "make the file and its folder writable, or copy the archive"),
        ("unable to open", "check that the path can be read and written"),
        ("disk is full", "make room"),
        ("connection", "check that the server is up and the URL right"),
    ):
        if part in message:
            return cure
    return None


def shown_place(place: str) -> str:
    """A path or a URL as it may be shown: without user and password, in its query neither.

    >>> shown_place("postgresql://me:s3cret@host/db"), shown_place("a.db")
    ('postgresql://***@host/db', 'a.db')
    """
    try:
        return public(make_url(place).render_as_string(hide_password=True)) if "://" in place else place
    except ArgumentError:
        return "URL"


def _engine_of_path(path: str) -> Engine:
    if path == ":memory:":
        return _engine_of_url("sqlite://")
    if Path(path).is_dir():
        raise InputError(f"archive {path} is a folder; name a file in it, as in {Path(path) / 'archive.db'}")
    if _is_read_only(Path(path)):
        return _engine_to_read(Path(path))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return _engine_of_url(f"sqlite:///{path}")


def _is_read_only(path: Path) -> bool:
    """Whether the file is there, and it or its folder (for the write-ahead log) cannot be written."""
    return path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _engine_to_read(path: Path) -> Engine:
    """An engine on a file that is never written. Without a log beside it, it needs no lock either."""
    log = path.with_name(f"{path.name}-wal")
    alone = "" if log.exists() and log.stat().st_size else "&immutable=1"
    place = f"file:{quote(str(path.resolve()))}?mode=ro{alone}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(place, uri=True, timeout=WAIT_SECONDS, check_same_thread=False)
        connection.isolation_level = None
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    return engine


def identity(place: str) -> tuple[int, int] | None:
    """What file an archive's path is just now; ``None`` where it is no file, or not there."""
    if "://" in place or place == ":memory:":
        return None
    try:
        status = os.stat(place)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _engine_of_url(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(parsed, pool_pre_ping=True)
        if engine.dialect.name == "postgresql":
            event.listen(engine, "begin", _begin_on_postgresql)
        return engine
    in_memory = parsed.database in (None, "", ":memory:")
    shared: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {}
    engine = create_engine(
        parsed, connect_args={"check_same_thread": False, "timeout": WAIT_SECONDS}, **shared
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in `_begin`, not where the driver thinks fit
    write_ahead(connection, WAIT_SECONDS)
    connection.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing that was committed
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_on_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _prepare(engine: Engine, shown: str) -> None:
    with engine.connect() as connection:
        inspector = inspect(connection)
        present = set(inspector.get_table_names())
        ours = meta.name in present and {c["name"] for c in inspector.get_columns(meta.name)} == set(
            meta.c.keys()
        )
        version = _version(connection) if ours else None
    if version is not None:
        if _check_version(version, shown) < SCHEMA_VERSION:
            _upgrade(engine, shown)
    elif present & set(tables.tables) or (present and engine.dialect.name == "sqlite"):
        raise InputError(f"archive {shown} is a database of something else; name another path")
    else:
        _make(engine, shown)


def _make(engine: Engine, shown: str) -> None:
    """Make the tables in one transaction, so that a process killed here leaves all of them or none."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        tables.create_all(connection)
        version = _version(connection)
        if version is None:
            make_index(connection)
            connection.execute(insert(meta).values(key="schema_version", value=str(SCHEMA_VERSION)))
        else:  # another process was quicker
            _check_version(version, shown)


def _upgrade(engine: Engine, shown: str) -> None:
    from masdesign.archive.tables.migrations import upgrade

    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        version = _check_version(_version(connection) or "", shown)  # another process may have been quicker
        if version < SCHEMA_VERSION:
            upgrade(connection, version)


def _version(connection: Connection) -> str | None:
    version = connection.execute(select(meta.c.value).where(meta.c.key == "schema_version")).scalar()
    return None if version is None else str(version)


def _check_version(version: str, shown: str) -> int:
    if not version.isdigit():
        raise InputError(f"archive {shown} is a database of something else; name another path")
    if int(version) > SCHEMA_VERSION:
        raise InputError(
            f"archive {shown} has schema version {version}, this masdesign reads up to {SCHEMA_VERSION}; "
            "upgrade masdesign"
        )
    return int(version)
