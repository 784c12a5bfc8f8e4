"""An archive that vanishes is told in a line, and one that cannot be written can be read."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from masdesign.archive import Archive
from masdesign.errors import InputError, MasdesignError
from masdesign.records.cache import Cache
from masdesign.types import Completion, Message, Request
from masdesign.workflow import Design

DESIGN = Design("async def workflow(task):\n    return await direct(task)\n", "plain")


@pytest.mark.parametrize("replaced", [False, True])
def test_an_archive_that_was_removed_takes_nothing_more(replaced, tmp_path):
    place = tmp_path / "here" / "a.db"
    with Archive(place) as archive:
        archive.add_design(DESIGN)
        shutil.rmtree(place.parent)
        if replaced:
            with Archive(place):
                pass
        with pytest.raises(InputError, match="removed or replaced while it was in use"):
            archive.add_design(Design("x = 1"))


def test_a_cache_that_was_removed_says_so(tmp_path):
    place = tmp_path / "here" / "calls.db"
    cache = Cache(place)
    cache.put("a", Request((Message("user", "2"),)), Completion("4"))
    cache.flush()
    shutil.rmtree(place.parent)
    cache.put("b", Request((Message("user", "3"),)), Completion("4"))
    with pytest.raises(MasdesignError, match=r"cannot be written .it was removed or replaced"):
        cache.flush()
    with pytest.raises(MasdesignError, match="removed"):
        cache.close()


@pytest.mark.slow
def test_a_search_whose_folder_is_removed_ends_with_one_line(tmp_path):
    command = [
        sys.executable,
        "-m",
        "masdesign",
        "search",
        "arithmetic",
        "--budget",
        "3000calls",
        "--yes",
        "--json",
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, **pipes) as running:
        until = time.monotonic() + 60
        while not _count(tmp_path / ".masdesign/calls.db") and time.monotonic() < until:
            time.sleep(0.1)
        shutil.rmtree(tmp_path / ".masdesign")
        out, err = running.communicate(timeout=200)
    assert running.returncode not in (0, None)
    assert "use it:" not in out
    assert "removed or replaced" in err.splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="another user must be had for this")
def test_an_archive_that_cannot_be_written_can_be_listed():
    folder = Path(tempfile.mkdtemp(prefix="masdesign-read-only-"))
    try:
        with Archive(folder / "a.db") as archive:
            archive.add_design(DESIGN)
        folder.chmod(0o755)
        (folder / "a.db").chmod(0o644)
        said = _as_nobody(lambda: _read(folder / "a.db"))
        assert said.startswith("plain InputError"), said
        assert "writable" in said
        assert sorted(path.name for path in folder.iterdir()) == ["a.db"]
    finally:
        shutil.rmtree(folder)


def _read(place: Path) -> str:
    with Archive(place) as archive:
        name = archive.designs()[0].name
        try:
            archive.add_design(Design("x = 1"))
        except MasdesignError as error:
            return f"{name} {type(error).__name__} {error}"
    return name


def _as_nobody(work: Callable[[], str]) -> str:
    """What ``work`` gives in a process of a user that may write nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            os.write(writing, work().encode())
        except BaseException as error:  # noqa: BLE001  (told to the parent)
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


def _count(calls: Path) -> int:
    """Completions on disk."""
    if not calls.exists():
        return 0
    with closing(sqlite3.connect(f"file:{calls}?mode=ro", uri=True)) as connection, suppress(sqlite3.Error):
        return int(connection.execute("SELECT count(*) FROM completions").fetchone()[0])
    return 0
