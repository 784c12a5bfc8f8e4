"""What is no archive is refused in one line, and left as it was."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import create_engine, text

from masdesign.archive import Archive
from masdesign.archive.tables.connect import explained
from masdesign.errors import InputError


def refused(place) -> str:
    with pytest.raises(InputError) as caught:
        Archive(place)
    message = str(caught.value)
    assert "\n" not in message
    assert ";" in message
    return message


def test_a_connection_that_is_lost_within_a_transaction():
    lost = "^archive db: the connection was lost; check that the server is up and the URL right$"
    with create_engine("sqlite://").connect() as connection:
        connection.begin()
        connection.invalidate()  # as SQLAlchemy does itself where a server closes the connection
        with pytest.raises(InputError, match=lost), explained("db"):
            connection.execute(text("SELECT 1"))


def test_it_is_made_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "archive.db"
    Archive(path).close()
    assert path.exists()


def test_the_environment_names_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MASDESIGN_ARCHIVE", str(tmp_path / "mine.db"))
    with Archive() as archive:
        assert archive.place == str(tmp_path / "mine.db")
    assert (tmp_path / "mine.db").exists()


def test_a_folder(tmp_path):
    assert "is a folder" in refused(tmp_path)


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "file").write_text("x")
    assert "name a path" in refused(tmp_path / "file" / "archive.db")


def test_not_a_database(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, " * 100)
    assert "not a database" in refused(path)
    assert path.read_text().startswith("these are my notes")


def test_a_database_of_something_else(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()
    assert "something else" in refused(path)


def test_a_table_called_meta_of_something_else(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE meta (id INTEGER)")
    connection.close()
    assert "something else" in refused(path)


def test_a_newer_schema(tmp_path):
    path = tmp_path / "archive.db"
    Archive(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    connection.close()
    assert "schema version 99" in refused(path)
    assert "upgrade masdesign" in refused(path)


def test_a_cut_off_database(tmp_path):
    path = tmp_path / "archive.db"
    Archive(path).close()
    path.write_bytes(path.read_bytes()[:6000])
    refused(path)


@pytest.mark.parametrize(
    "url", ["nosuchdb://host/x", "postgresql+nosuch://me:s3cret@host/x", "://", "sqlite://host/x"]
)
def test_a_wrong_url_shows_no_password(url):
    assert "s3cret" not in refused(url)
