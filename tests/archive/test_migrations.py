"""An archive of an earlier version opens in this one, and has then the very tables of a new one."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from masdesign.archive import Archive
from masdesign.archive.tables.migrations import upgrade
from masdesign.archive.tables.schema import SCHEMA_VERSION, tables

FIRST = Path(__file__).parent / "first_version.db"
"""Written by the first version: four designs in a line, their evaluations, a run with a look at test."""

SEALED = {name for name, table in tables.tables.items() if "seal" in table.c}


def context(connection) -> MigrationContext:
    """Compares everything but the index of words, which is no table or index that SQLAlchemy knows."""
    own = {"include_object": lambda _, name, *__: not str(name).startswith("designs_words")}
    return MigrationContext.configure(connection, opts=own)


@pytest.fixture
def first(tmp_path) -> str:
    return shutil.copy(FIRST, tmp_path / "archive.db")


def test_what_the_first_version_kept_is_all_there(first, make):
    with Archive(first) as archive:
        assert [design.name for design in archive.designs()] == [
            *(f"design {n}" for n in range(4)),
            "design 9",
        ]
        assert [round(e.score, 2) for e in archive.evaluations(run="first")] == [0.25, 0.75, 1.0, 1.0]
        assert archive.run("first").outcome == {"best": {"id": make.design(3).id}}
        assert archive.openings()[0].run == "first"
        assert [r.generations for r in archive.lineage(make.design(3).id).ancestors] == [1, 2, 3]
        assert archive.best("arithmetic").id in {make.design(2).id, make.design(3).id}


def test_it_is_brought_to_this_version_once(first):
    for _ in range(2):
        Archive(first).close()
        with sqlite3.connect(first) as connection:
            (version,) = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
        connection.close()
        assert int(version) == SCHEMA_VERSION


def test_which_evaluations_come_again_is_found_out(tmp_path, make):
    path = tmp_path / "archive.db"
    with Archive(path) as archive:
        for number in range(2):
            archive.add_design(make.design(number))
        for number, world in ((0, 0), (1, 0), (0, 1)):
            archive.add_evaluation(make.evaluation(make.design(number), 10, world=world))
        archive.add_evaluation(make.evaluation(make.design(1), 10, model="other@1"))
    marks = "SELECT again FROM evaluations ORDER BY seq"
    with closing(sqlite3.connect(path)) as connection:
        assert [again for (again,) in connection.execute(marks)] == [0, 0, 1, 0]
        connection.execute("DROP INDEX evaluations_again")
        connection.execute("ALTER TABLE evaluations DROP COLUMN again")
        connection.execute("ALTER TABLE results DROP COLUMN more")
        connection.execute("DROP TABLE memories")
        connection.execute("DROP TABLE controls")
        for table in SEALED - {"memories", "controls"}:
            connection.execute(f"ALTER TABLE {table} DROP COLUMN seal")
        connection.execute("UPDATE meta SET value = '4' WHERE key = 'schema_version'")
        connection.commit()
    Archive(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert [again for (again,) in connection.execute(marks)] == [0, 0, 1, 0]


def test_the_steps_lead_to_the_tables_of_a_new_archive(first):
    Archive(first).close()
    engine = create_engine(f"sqlite:///{first}")
    with engine.connect() as connection:
        assert compare_metadata(context(connection), tables) == []
    engine.dispose()


def test_the_steps_lead_there_on_a_server_too(new_database):
    engine = create_engine(new_database())
    later = {"promotions", "insights", "claims", "links", "memories", "controls"}
    with engine.begin() as connection:
        tables.create_all(connection, tables=[t for name, t in tables.tables.items() if name not in later])
        connection.exec_driver_sql("ALTER TABLE evaluations DROP COLUMN again")
        connection.exec_driver_sql("ALTER TABLE results DROP COLUMN more")
        for table in SEALED - later:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN seal")
        upgrade(connection, 1)
        assert compare_metadata(context(connection), tables) == []
    engine.dispose()
