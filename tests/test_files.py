"""A file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from masdesign.errors import InputError
from masdesign.files import writing


def test_where_the_writing_fails_the_file_is_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_text("before")
    with pytest.raises(TypeError), writing(place) as out:
        out.writelines([b"half", None])  # type: ignore[list-item]
    assert place.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_who_may_do_what_with_a_file_stays(tmp_path: Path) -> None:
    place = tmp_path / "a.py"
    place.touch(0o750)
    with writing(place) as out:
        out.write(b"whole")
    assert place.stat().st_mode & 0o777 == 0o750


def test_a_link_stays_and_what_it_names_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    with writing(tmp_path / "link") as out:
        out.write(b"whole")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with writing(tmp_path / "pipe") as out:
        out.write(b"whole")
    assert os.read(reader, 9) == b"whole"
    os.close(reader)


def test_what_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"), writing(tmp_path / "no/where.txt") as out:
        out.write(b"whole")
