"""Recorded completions on a PostgreSQL server: one person's calls are another's cache.

The tables may stand in the very database of a shared archive.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    func,
    inspect,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from masdesign.errors import InputError
from masdesign.public import public
from masdesign.records.home import Row

_LOCK = int.from_bytes(b"mascalls")
"""The number of the advisory lock under which the tables are made."""

_tables = MetaData()
_completions = Table(
    "completions",
    _tables,
    Column("key", String(64), primary_key=True),
    Column("model", Text, nullable=False),
    Column("request", Text, nullable=False),  # JSON
    Column("text", Text, nullable=False),  # JSON: a reply may hold a NUL, which PostgreSQL's texts cannot
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("usd", Float, nullable=False),
    Column("finish", Text, nullable=False),
)
_models = Table(
    "completion_models",
    _tables,
    Column("model", Text, primary_key=True),
    Column("window", Integer, nullable=False),
    Column("price", Text),
)
_extras = Table(
    "completion_extras",
    _tables,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),  # JSON, in ASCII
)
_profiles = Table(
    "completion_profiles",
    _tables,
    Column("model", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)
_FOUND = select(
    *_completions.c["text", "prompt_tokens", "completion_tokens", "usd", "finish"],
    func.coalesce(_extras.c.value, ""),
).select_from(_completions.outerjoin(_extras, _completions.c.key == _extras.c.key))


class DatabaseHome:
    """A `Home` in a PostgreSQL database, by its SQLAlchemy URL.

    Raises `InputError` for another kind of database, or where there is no driver.
    """

    errors: tuple[type[Exception], ...] = (SQLAlchemyError,)
    cure = "check that the server is up, and the URL"

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            self.shown = public(parsed.render_as_string(hide_password=True))
            if parsed.get_backend_name() != "postgresql":
                raise InputError(f"cache {self.shown}: calls are kept in PostgreSQL or in a file; name one")
            self._engine = create_engine(parsed, pool_pre_ping=True)
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise InputError(
                f"cache {self.shown}: no driver for this database ({error}); "
                "install it with: pip install 'masdesign[postgresql]'"
            ) from None
        except ArgumentError:
            raise InputError("cache: not a path or a database URL; check it") from None
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")  # saves round trips

    def open(self) -> None:
        with self._engine.begin() as connection:
            _make(connection)

    def find(self, key: str) -> tuple[Any, ...] | None:
        with self._reading.connect() as connection:
            row = connection.execute(_FOUND.where(_completions.c.key == key)).first()
        return None if row is None else (json.loads(row.text), *row[1:])

    def keep(self, rows: Sequence[Row]) -> None:
        names = _completions.c.keys()
        values = [{**dict(zip(names, row, strict=False)), "text": json.dumps(row[3])} for row in rows]
        values.sort(key=lambda row: str(row["key"]))  # two writers of the same rows wait in one direction
        with self._engine.begin() as connection:
            connection.execute(insert(_completions).on_conflict_do_nothing(), values)
            extras = [{"key": row[0], "value": row[8]} for row in sorted(rows) if row[8]]
            if extras:
                connection.execute(insert(_extras).on_conflict_do_nothing(), extras)

    def note_model(self, model: str, window: int, price: str | None, profile: str) -> None:
        values = {"window": window, "price": price}
        statement = insert(_models).values(model=model, **values)
        with self._engine.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["model"], set_=values))
            connection.execute(delete(_profiles).where(_profiles.c.model == model))
            if profile:
                connection.execute(insert(_profiles).values(model=model, value=profile))

    def models(self) -> list[tuple[str, int, str | None, str]]:
        joined = _models.outerjoin(_profiles, _models.c.model == _profiles.c.model)
        profile = func.coalesce(_profiles.c.value, "").label("profile")
        with self._reading.connect() as connection:
            rows = connection.execute(
                select(*_models.c, profile).select_from(joined).order_by(_models.c.model)
            ).all()
        return [(row.model, row.window, row.price, row.profile) for row in rows]

    def count(self) -> int:
        with self._reading.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(_completions)).scalar_one())

    def close(self) -> None:
        self._engine.dispose()


def _make(connection: Connection) -> None:
    """Make the tables where they are missing; several processes may find so at once."""
    if not inspect(connection).has_table(_profiles.name):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        _tables.create_all(connection)
