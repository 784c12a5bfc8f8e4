"""The archive's tables. Plain SQL types only, so that SQLite and PostgreSQL hold the same.

    designs ──< evaluations ──< results            runs ──< proposals >── designs
       ├─────< failures                              ├───< openings
       └─────< links (its parents)                   └───< insights
                                    memories: by name, each version as what it changed
                                    memories: by name, each version as what it changed
                                    run_evaluations: which run asked for which evaluation

Times are seconds since 1970 (UTC). ``foreign_`` marks what was imported: evidence, never ``best``.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 7
"""Goes up with every change of a table; `migrations` has the step from the version before."""

tables = MetaData()

meta = Table(
    "meta", tables, Column("key", String(40), primary_key=True), Column("value", Text, nullable=False)
)

designs = Table(
    "designs",
    tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(12), nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False, index=True),
    Column("thought", Text, nullable=False),
    Column("parents", Text, nullable=False),  # a JSON list of ids, which need not be in this archive
    Column("origin", Text, nullable=False),
    Column("created", Float, nullable=False),
)

links = Table(
    "links",
    tables,
    Column("child", ForeignKey("designs.id"), primary_key=True),
    Column("parent", String(12), primary_key=True, index=True),  # an id, which need not be in this archive
)  # the parents of `designs` again, so that a lineage is read without reading every design

evaluations = Table(
    "evaluations",
    tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("key", String(16), nullable=False),
    Column("foreign_", Boolean, nullable=False),
    Column("design_id", ForeignKey("designs.id"), nullable=False, index=True),
    Column("task", Text, nullable=False),
    Column("task_version", Text, nullable=False),
    Column("split", String(5), nullable=False),
    Column("model", Text, nullable=False),
    Column("world", BigInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("again", Boolean, nullable=False, default=False),  # one of its design, task, split, model was here
    # Computed from the results whenever these change, so that lists need not read them:
    Column("score", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("items", Integer, nullable=False),
    Column("unscored", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("tokens_per_item", Float, nullable=False),
    Column("calls_per_item", Float, nullable=False),
    Column("usd_per_item", Float, nullable=False),
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
    Column("position", Integer, nullable=False),
    Column("score", Float),
    Column("answer", Text),
    Column("reasoning", Text),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("usd", Float, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("failure", Text),  # JSON: kind, message, line, cure
    Column("more", Text),  # JSON of what few results have: cluster, parts, overhead
)

failures = Table(
    "failures",
    tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("design_id", ForeignKey("designs.id"), nullable=False, index=True),
    Column("run", Text, nullable=False, index=True),  # "" where there was none
    Column("failure", Text, nullable=False),
    Column("foreign_", Boolean, nullable=False),
    Column("created", Float, nullable=False),
)

runs = Table(
    "runs",
    tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("task", Text, nullable=False),
    Column("task_version", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("settings", Text, nullable=False),  # JSON; must be the same when the run goes on
    Column("facts", Text, nullable=False),  # JSON; may differ: budget, concurrency, host
    Column("outcome", Text),  # JSON; NULL until the run has ended
    Column("foreign_", Boolean, nullable=False),
    Column("created", Float, nullable=False),
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
    Column("design_id", ForeignKey("designs.id"), nullable=False),
    Column("stage", String(20), nullable=False),
    Column("outcome", Text, nullable=False),  # JSON
)

claims = Table(
    "claims",
    tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("design_id", ForeignKey("designs.id"), nullable=False, index=True),
    Column("origin", Text, nullable=False),
    Column("claim", Text, nullable=False),  # JSON
    Column("created", Float, nullable=False),
)  # what others say of a design: evidence, never a score

promotions = Table(
    "promotions",
    tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("name", String(40), nullable=False),
    Column("design_id", ForeignKey("designs.id"), nullable=False),
    Column("created", Float, nullable=False),
)  # of one name the last counts

openings = Table(
    "openings",
    tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("key", String(16), nullable=False),
    Column("run", Text, nullable=False),  # "" where there was none
    Column("designs", Text, nullable=False),  # JSON list, sorted
    Column("items", Text, nullable=False),  # JSON list, sorted
    Column("foreign_", Boolean, nullable=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("key", "foreign_"),
)

insights = Table(
    "insights",
    tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("run", Text, nullable=False, index=True),  # which found it; need not be in this archive
    Column("task", Text, nullable=False, index=True),
    Column("model", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("weight", Float, nullable=False),
    Column("total", Float, nullable=False),
    Column("squares", Float, nullable=False),
    Column("helped", Integer, nullable=False),
    Column("hurt", Integer, nullable=False),
    Column("foreign_", Boolean, nullable=False),
    Column("created", Float, nullable=False),
)

memories = Table(
    "memories",
    tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("version", Integer, nullable=False),  # from 1 on; version 0 is empty
    Column("digest", String(12), nullable=False),  # of all that this version holds
    Column("task", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("changes", Text, nullable=False),  # JSON: put (entries), drop (ids)
    Column("foreign_", Boolean, nullable=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("name", "version"),
)
