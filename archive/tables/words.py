"""The index of words: which designs have a word in their texts, without reading every design.

A word may be any part of the text, so what is indexed are trigrams: in SQLite by its full-text search
(FTS5), in PostgreSQL by pg_trgm. Where a database offers neither, every design is read. The index only
narrows down; what counts is whether the text holds the word, so that all databases find the same.
"""

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, literal_column, text
from sqlalchemy.exc import DBAPIError

_TABLE = "designs_words"
_TEXT = "name || '\n' || thought || '\n' || origin || '\n' || source"
_MAKE = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {_TABLE} "
        "USING fts5(text, content='', tokenize='trigram', detail=none, columnsize=0)",
    ),
    "postgresql": (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        f"CREATE INDEX IF NOT EXISTS {_TABLE} ON designs USING gin (lower({_TEXT}) gin_trgm_ops)",
    ),
}
_SHORTEST = 3
"""Characters of a word that the index can help to find."""


def make_index(connection: Connection) -> None:
    """Make the index of the designs that are there, where the database can; within its transaction."""
    try:
        with connection.begin_nested():
            for statement in _MAKE.get(connection.dialect.name, ()):
                connection.execute(text(statement))
    except DBAPIError:  # without FTS5's trigrams, or without the right to install pg_trgm
        return
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"INSERT INTO {_TABLE}(rowid, text) SELECT seq, {_TEXT} FROM designs"))


def index_words(connection: Connection, seq: int) -> None:
    """Take a new design into the index; a server does that by itself."""
    if _in_sqlite(connection):
        statement = f"INSERT INTO {_TABLE}(rowid, text) SELECT seq, {_TEXT} FROM designs WHERE seq = :seq"
        connection.execute(text(statement), {"seq": seq})


def containing(connection: Connection, word: str) -> ColumnElement[bool]:
    """The condition that a design's name, thought, origin or source has the word, whatever the case."""
    held = func.lower(literal_column(_TEXT)).contains(word, autoescape=True)
    if len(word) < _SHORTEST or not _in_sqlite(connection):
        return held
    trigrams = (word[i : i + 3].replace('"', '""') for i in range(len(word) - 2))
    wanted = " AND ".join(f'"{trigram}"' for trigram in trigrams)
    near = text(f"designs.seq IN (SELECT rowid FROM {_TABLE} WHERE {_TABLE} MATCH :wanted)")
    return and_(near.bindparams(bindparam("wanted", wanted, unique=True)), held)


def _in_sqlite(connection: Connection) -> bool:
    """Whether the database is SQLite and has the index."""
    if connection.dialect.name != "sqlite":
        return False
    exists = text("SELECT 1 FROM sqlite_master WHERE name = :name")
    return connection.execute(exists, {"name": _TABLE}).first() is not None
