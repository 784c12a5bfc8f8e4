"""What others wrote is text at a terminal, and never a command to it; a pipe gets it as it is."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from masdesign.archive import Archive
from masdesign.workflow import Design

HOSTILE = "red \x1b[31m\x9b2J\x07"
COMMANDS = {
    "list": ["archive", "list"],
    "search": ["archive", "search", "red"],
    "show": ["archive", "show", "DESIGN"],
    "lineage": ["archive", "lineage", "DESIGN"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_name_does_nothing_to_the_terminal(name, tmp_path) -> None:
    place = tmp_path / "a.db"
    design = Design("async def workflow(task):\n    return await direct(task)\n", HOSTILE, HOSTILE)
    with Archive(place) as archive:
        archive.add_design(design)
    words = [design.id if word == "DESIGN" else word for word in COMMANDS[name]]
    seen = at_a_terminal([sys.executable, "-m", "masdesign", *words, "--archive", str(place)])
    assert "red" in seen
    for command in ("\x1b[31m", "\x9b", "\x07"):
        assert command not in seen


def at_a_terminal(command: list[str]) -> str:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200"}
    done = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, env=environment)
    os.close(theirs)
    seen = b""
    try:
        while data := os.read(ours, 65536):
            seen += data
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(ours)
    assert done.wait() == 0
    return seen.decode("utf-8", "replace")
