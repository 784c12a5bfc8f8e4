"""Older archives brought to today's schema, one step a version, with Alembic's operations.

A step is never changed once it was released: it says what the schema was then. That all steps together
lead to the tables of `schema` is held by a test, which lets Alembic compare the two.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection, update

from masdesign.archive.tables.designs import links_of
from masdesign.archive.tables.schema import SCHEMA_VERSION, meta
from masdesign.archive.tables.words import make_index

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(connection: Connection, version: int) -> None:
    """Take a database of that version to `SCHEMA_VERSION`, within the connection's transaction."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    operations = Operations(MigrationContext.configure(connection))
    for step in range(version, SCHEMA_VERSION):
        _STEPS[step](operations)
    newest = update(meta).where(meta.c.key == "schema_version").values(value=str(SCHEMA_VERSION))
    connection.execute(newest)


def _promotions_and_insights(op: Operations) -> None:
    """Designs that became blocks; what was learnt from runs."""
    op.create_table(
        "promotions",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("design_id", sa.String(12), sa.ForeignKey("designs.id"), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_table(
        "insights",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.Column("total", sa.Float, nullable=False),
        sa.Column("squares", sa.Float, nullable=False),
        sa.Column("helped", sa.Integer, nullable=False),
        sa.Column("hurt", sa.Integer, nullable=False),
        sa.Column("foreign_", sa.Boolean, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_index("ix_insights_run", "insights", ["run"])
    op.create_index("ix_insights_task", "insights", ["task"])


def _claims(op: Operations) -> None:
    """What others say of a design."""
    op.create_table(
        "claims",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("design_id", sa.String(12), sa.ForeignKey("designs.id"), nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("claim", sa.Text, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_index("ix_claims_design_id", "claims", ["design_id"])


def _links_and_words(op: Operations) -> None:
    """Parents by themselves, the index of words, and what large archives are asked for most."""
    op.create_table(
        "links",
        sa.Column("child", sa.String(12), sa.ForeignKey("designs.id"), primary_key=True),
        sa.Column("parent", sa.String(12), primary_key=True),
    )
    op.create_index("ix_links_parent", "links", ["parent"])
    designs = sa.table("designs", sa.column("id"), sa.column("parents"))
    links = sa.table("links", sa.column("child"), sa.column("parent"))
    connection = op.get_bind()
    for design in connection.execute(sa.select(designs)).all():
        if rows := links_of(design.id, json.loads(design.parents)):
            connection.execute(sa.insert(links), rows)
    op.drop_index("evaluations_of", "evaluations")
    columns = ["task", "split", "complete", "foreign_", "task_version", "model", "items"]
    op.create_index("evaluations_of", "evaluations", columns)
    op.create_index("ix_failures_run", "failures", ["run"], if_not_exists=True)
    make_index(connection)


def _counted_by_score(op: Operations) -> None:
    """That very many designs are counted and not read: an index, and which have several evaluations."""
    op.drop_index("evaluations_of", "evaluations")
    columns = ["task", "split", "complete", "foreign_", "task_version", "model"]
    op.create_index("evaluations_of", "evaluations", [*columns, "items", "score", "tokens_per_item", "seq"])
    again = sa.Column("again", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("evaluations", again)
    kind = ("design_id", "task", "task_version", "split", "model", "foreign_")
    evaluations = sa.table("evaluations", *map(sa.column, ("seq", "again", *kind)))
    earlier = evaluations.alias()
    before = [earlier.c[name] == evaluations.c[name] for name in kind]
    is_again = sa.exists().where(*before, earlier.c.seq < evaluations.c.seq)
    op.get_bind().execute(sa.update(evaluations).where(is_again).values(again=True))
    op.create_index("evaluations_again", "evaluations", ["again", "design_id"])


def _more_of_results(op: Operations) -> None:
    """Clusters of items, parts of scores, what scoring used."""
    op.add_column("results", sa.Column("more", sa.Text))


def _memories(op: Operations) -> None:
    """What was learnt from items, version by version."""
    op.create_table(
        "memories",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(12), nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("changes", sa.Text, nullable=False),
        sa.Column("foreign_", sa.Boolean, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("name", "version"),
    )


def _seals_and_controls(op: Operations) -> None:
    """A checksum for each row, which those that are there lack; and the blank-model controls by themselves.

    The controls of searches' winners on test are taken from the outcomes of runs.
    """
    for table in (
        *("designs", "evaluations", "results", "failures", "runs", "proposals", "claims", "promotions"),
        *("openings", "insights", "memories"),
    ):
        op.add_column(table, sa.Column("seal", sa.BigInteger))
    op.create_table(
        "controls",
        sa.Column("evaluation", sa.Integer, sa.ForeignKey("evaluations.seq"), primary_key=True),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("seal", sa.BigInteger),
    )
    connection = op.get_bind()
    runs = sa.table("runs", *map(sa.column, ("name", "outcome", "foreign_")))
    evaluations = sa.table("evaluations", *map(sa.column, ("seq", "design_id", "split", "foreign_")))
    links = sa.table("run_evaluations", sa.column("run"), sa.column("evaluation"))
    controls = sa.table("controls", sa.column("evaluation"), sa.column("score"))
    scores: dict[int, float] = {}
    for run in connection.execute(sa.select(runs).where(runs.c.outcome.is_not(None))).all():
        best = json.loads(run.outcome).get("best")
        if run.foreign_ or not isinstance(best, dict) or not isinstance(best.get("blank_control"), float):
            continue
        linked = sa.and_(links.c.evaluation == evaluations.c.seq, links.c.run == run.name)
        test = (evaluations.c.design_id == best["id"], evaluations.c.split == "test")
        query = sa.select(evaluations.c.seq).join(links, linked).where(*test)
        scores |= dict.fromkeys(connection.execute(query).scalars(), best["blank_control"])
    for seq, score in scores.items():
        connection.execute(sa.insert(controls).values(evaluation=seq, score=score))


_STEPS: dict[int, Callable[[Operations], None]] = {
    1: _promotions_and_insights,
    2: _claims,
    3: _links_and_words,
    4: _counted_by_score,
    5: _more_of_results,
    6: _memories,
    7: _seals_and_controls,
}
"""By the version that a step begins with."""
