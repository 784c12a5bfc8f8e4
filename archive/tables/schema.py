"""The archive's tables. Plain SQL types only, so that SQLite and PostgreSQL hold the same.

    designs ──< evaluations ──< results            runs ──< proposals >── designs
       ├─────< failures   └── controls               ├───< openings
       └─────< links (its parents)                   └───< insights
                                    memories: by name, each version as what it changed
                                    run_evaluations: which run asked for which evaluation

Times are seconds since 1970 (UTC). ``foreign_`` marks what was imported: evidence, never ``best``.
Texts and JSON are kept in one form: the same bytes for the same value.
"""

import json
import re
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
)

SCHEMA_VERSION = 8
"""Goes up with every change of a table; `migrations` has the step from the version before."""

tables = MetaData()


def _held(name: str, kind: Any = Text, **settings: Any) -> Column[Any]:
    """A column in which every row has a value."""
    return Column(name, kind, nullable=False, **settings)


def _numbered(name: str, *columns: Any) -> Table:
    """A table whose rows are numbered as they are written."""
    return Table(
        name, tables, Column("seq", Integer, primary_key=True, autoincrement=True), *columns, _seal()
    )


def _seal() -> Column[Any]:
    """The checksum of the row (`sealed`); NULL in one that an earlier version wrote."""
    return Column("seal", BigInteger)


def _design() -> Column[Any]:
    return _held("design_id", ForeignKey("designs.id"), index=True)


meta = Table("meta", tables, Column("key", String(40), primary_key=True), _held("value"))

designs = _numbered(
    "designs",
    _held("id", String(12), unique=True),
    _held("source"),
    _held("name", index=True),
    _held("thought"),
    _held("parents"),  # a JSON list of ids, which need not be in this archive
    _held("origin"),
    _held("created", Float),
)

links = Table(
    "links",
    tables,
    Column("child", ForeignKey("designs.id"), primary_key=True),
    Column("parent", String(12), primary_key=True, index=True),  # an id, which need not be in this archive
)  # the parents of `designs` again, so that a lineage is read without reading every design

evaluations = _numbered(
    "evaluations",
    _held("key", String(16)),
    _held("foreign_", Boolean),
    _design(),
    _held("task"),
    _held("task_version"),
    _held("split", String(5)),
    _held("model"),
    _held("world", BigInteger),
    _held("fingerprint"),
    _held("size", Integer),
    _held("created", Float),
    _held("again", Boolean, default=False),  # one of its design, task, split and model was here
    # Computed from the results whenever these change, so that lists need not read them:
    *(_held(name, Float) for name in ("score", "low", "high")),
    *(_held(name, Integer) for name in ("items", "unscored")),
    _held("complete", Boolean),
    *(_held(name, Float) for name in ("tokens_per_item", "calls_per_item", "usd_per_item")),
    UniqueConstraint("key", "foreign_"),
    Index(
        *("evaluations_of", "task", "split", "complete", "foreign_", "task_version", "model"),
        *("items", "score", "tokens_per_item", "seq"),
    ),
    Index("evaluations_again", "again", "design_id"),
)

results = Table(
    "results",
    tables,
    Column("evaluation", ForeignKey("evaluations.seq"), primary_key=True),
    Column("item_id", String(200), primary_key=True),
    _held("position", Integer),
    Column("score", Float),
    Column("answer", Text),
    Column("reasoning", Text),
    *(_held(name, BigInteger) for name in ("prompt_tokens", "completion_tokens")),
    _held("usd", Float),
    _held("calls", Integer),
    _held("seconds", Float),
    Column("failure", Text),  # JSON: kind, message, line, cure
    Column("more", Text),  # JSON of what few results have: cluster, overhead, parts, reasoning_tokens
    _seal(),
)

controls = Table(
    "controls",
    tables,
    Column("evaluation", ForeignKey("evaluations.seq"), primary_key=True, autoincrement=False),
    _held("score", Float),
    _seal(),
)  # what the same design scores there with every completion blank

failures = _numbered(
    "failures",
    _design(),
    _held("run", index=True),  # "" where there was none
    _held("failure"),
    _held("foreign_", Boolean),
    _held("created", Float),
)

runs = _numbered(
    "runs",
    _held("name", String(200), unique=True),
    *map(_held, ("task", "task_version", "model", "strategy")),
    _held("seed", BigInteger),
    _held("settings"),  # JSON; must be the same when the run goes on
    _held("facts"),  # JSON; may differ: budget, concurrency, host
    Column("outcome", Text),  # JSON; NULL until the run has ended
    _held("foreign_", Boolean),
    _held("created", Float),
    Column("finished", Float),
)

run_evaluations = Table(
    "run_evaluations",
    tables,
    Column("run", ForeignKey("runs.name"), primary_key=True),
    Column("evaluation", ForeignKey("evaluations.seq"), primary_key=True),
)

proposals = Table(
    "proposals",
    tables,
    Column("run", ForeignKey("runs.name"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _held("design_id", ForeignKey("designs.id")),
    _held("stage", String(20)),
    _held("outcome"),  # JSON
    _seal(),
)

claims = _numbered(
    "claims",
    _design(),
    _held("origin"),
    _held("claim"),  # JSON
    _held("created", Float),
)  # what others say of a design: evidence, never a score

promotions = _numbered(
    "promotions",
    _held("name", String(40)),
    _held("design_id", ForeignKey("designs.id")),
    _held("created", Float),
)  # of one name the last counts

openings = _numbered(
    "openings",
    _held("key", String(16)),
    _held("run"),  # "" where there was none
    *map(_held, ("designs", "items")),  # JSON lists, sorted
    _held("foreign_", Boolean),
    _held("created", Float),
    UniqueConstraint("key", "foreign_"),
)

insights = _numbered(
    "insights",
    _held("run", index=True),  # which found it; need not be in this archive
    _held("task", index=True),
    *map(_held, ("model", "what", "words", "about")),
    *(_held(name, Float) for name in ("weight", "total", "squares")),
    *(_held(name, Integer) for name in ("helped", "hurt")),
    _held("foreign_", Boolean),
    _held("created", Float),
)

memories = _numbered(
    "memories",
    _held("name", String(200)),
    _held("version", Integer),  # from 1 on; version 0 is empty
    _held("digest", String(12)),  # of all that this version holds
    *map(_held, ("task", "run")),
    _held("changes"),  # JSON: put (entries), drop (ids)
    _held("foreign_", Boolean),
    _held("created", Float),
    UniqueConstraint("name", "version"),
)


_NO_TEXT = re.compile("[\ud800-\udfff\x00]")


def chosen(table: Table, *order: str, **equal: object) -> Select[Any]:
    """The rows of a table whose columns have these values (``None`` fits all), by default as written."""
    query = select(table).order_by(*(table.c[name] for name in order or ("seq",)))
    for name, value in equal.items():
        if value is not None:
            query = query.where(table.c[name] == value)
    return query


def clean(text: str) -> str:
    """A text that every database takes: lone surrogates and NUL become U+FFFD.

    A sampled reply can hold any sequence of bytes; one such reply must not end a run.

    >>> clean("a\\x00b")
    'a\\ufffdb'
    """
    return _NO_TEXT.sub("\ufffd", text)


def dumps(value: Any) -> str:
    """JSON in one form: sorted keys, no spaces, ASCII, never NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
