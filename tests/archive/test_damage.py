"""A flipped bit in an archive's file: a database keeps no checksum, so each row has its own.

Whatever is damaged is told in one line; nothing that was not written is ever shown as what was.
"""

from __future__ import annotations

import io
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from golden import scenarios

from masdesign.archive import Archive
from masdesign.archive.tables.schema import tables
from masdesign.cli import main
from masdesign.errors import InputError
from masdesign.memory import Memory, MemoryEntry

COLUMNS = [
    (name, column.name)
    for name, table in sorted(tables.tables.items())
    if "seal" in table.c
    for column in table.c
    if column.name not in ("seq", "created")  # dates are covered, too, as the others are
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """An archive that holds something of every kind."""
    path = tmp_path_factory.mktemp("whole") / "archive.db"
    scenarios.fill(path)
    with Archive(path) as archive:
        archive.save_memory("sums", Memory().put(MemoryEntry("carry", "Carry the one.")))
        for evaluation in archive.evaluations():
            archive.note_control(evaluation, 0.25)
    return path


@pytest.fixture
def damage(whole, tmp_path):
    """``damage(table, column)`` gives a copy in which a bit of that column is flipped in a row."""

    def flip(table: str, column: str, *, sealed: bool = True) -> Path:
        path = Path(shutil.copy(whole, tmp_path / "archive.db"))
        with closing(sqlite3.connect(path)) as connection:
            connection.create_function("flipped", 1, flipped)
            if not sealed:
                connection.execute(f"UPDATE {table} SET seal = NULL")
            key = "seq" if table in _numbered() else "rowid"
            where = f"{key} = (SELECT max({key}) FROM {table} WHERE {column} IS NOT NULL)"
            done = connection.execute(f"UPDATE {table} SET {column} = flipped({column}) WHERE {where}")
            connection.commit()
        if not done.rowcount:
            pytest.skip(f"no row of {table} has a {column}")
        return path

    return flip


def flipped(value: object) -> object:
    """The value with a bit changed, such that SQLite takes it."""
    if isinstance(value, str):
        return chr(ord(value[0]) ^ 1) + value[1:] if value else "\1"
    if isinstance(value, int):
        return value ^ (1 if value in (0, 1) else 64)
    return float(value) * 2 + 1


def _numbered() -> set[str]:
    return {name for name, table in tables.tables.items() if "seq" in table.c}


def read_all(path: Path) -> None:
    """Read what there is, by the ways that commands read it."""
    with Archive(path) as archive:
        archive.export(io.BytesIO())
        archive.controls(archive.summaries())
        archive.memory("sums")


@pytest.mark.slow
@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda name: str(name))
def test_a_flipped_bit_in_any_column_is_noticed(damage, table, column):
    with pytest.raises(InputError, match=r"is damaged, .* restore it from a copy, or move it away") as told:
        read_all(damage(table, column))
    assert "\n" not in str(told.value)


def test_what_was_not_damaged_is_read(whole):
    read_all(whole)


def test_a_rows_checksum_follows_its_changes(tmp_path):
    """Runs, proposals and partial evaluations are written again; an archive stays readable all along."""
    path = tmp_path / "archive.db"
    scenarios.fill(path)
    with Archive(path) as archive:
        archive.note_facts("first", {"host": "there"})
        archive.finish_run("first", {"best": {"id": archive.designs()[1].id}})
        archive.record_proposal("first", 3, archive.designs()[3], "complete", {"items": 6})
        (partial,) = [e for e in archive.evaluations() if len(e.results) == 2]
        full = archive.evaluations(run="first", complete=True)[0]
        archive.add_evaluation(partial.extended(full.results), "first")
    with Archive(path) as archive:
        archive.export(io.BytesIO())


def test_best_does_not_believe_a_score_that_its_items_do_not_give(damage):
    """Rankings read few columns, to be quick: a score there is held against the items'."""
    for table in ("results", "evaluations"):
        path = damage(table, "score")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"UPDATE {table} SET score = 1 - score")
            connection.commit()
        with Archive(path) as archive, pytest.raises(InputError, match="is damaged"):
            archive.best("sums", "m")


def test_a_row_of_an_earlier_version_has_no_checksum_and_is_read(damage):
    read_all(damage("evaluations", "created", sealed=False))


def test_json_that_is_none_is_damage_in_a_row_of_an_earlier_version_too(damage):
    with pytest.raises(InputError, match=r"is damaged, it holds .* where JSON was written"):
        read_all(damage("runs", "settings", sealed=False))


@pytest.mark.parametrize("command", [["list"], ["show", "best"], ["best"], ["frontier"], ["stats"]])
def test_a_command_tells_it_in_one_line(command, damage, capsys):
    path = damage("evaluations", "score")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE evaluations SET score = 1 - score")
        connection.commit()
    assert main(["archive", *command, "--archive", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.strip().splitlines()
    assert "is damaged, row " in line
