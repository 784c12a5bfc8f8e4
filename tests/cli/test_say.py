"""What others wrote is text at a terminal, and never a command to it; a pipe gets it as it is."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest

from masdesign.archive import Archive
from masdesign.cli import main
from masdesign.workflow import Design

HOSTILE = "red \x1b[31m\x9b2J\x07 \u202e\u2066\u200b\u00ad\ufeff\u3164\U000e0041"
COMMANDS = {
    "list": ["archive", "list"],
    "search": ["archive", "search", "red"],
    "show": ["archive", "show", "DESIGN"],
    "lineage": ["archive", "lineage", "DESIGN"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_name_does_nothing_to_the_terminal(name, tmp_path) -> None:
    place = tmp_path / "a.db"
    design = Design("async def workflow(task):\n    return await direct(task)\n", HOSTILE, HOSTILE)
    with Archive(place) as archive:
        archive.add_design(design)
    words = [design.id if word == "DESIGN" else word for word in COMMANDS[name]]
    seen = at_a_terminal([sys.executable, "-m", "masdesign", *words, "--archive", str(place)])
    assert "red" in seen
    for command in ("\x1b[31m", "\x9b", "\x07", *HOSTILE[-7:]):
        assert command not in seen


def test_code_is_shown_as_it_runs_in_a_pipe_too(tmp_path, capsys) -> None:
    place = tmp_path / "a.db"
    source = (
        f"async def workflow(task):\n\ttext = '{HOSTILE[-7:]}'\n\treturn await direct(task)  # größer, 数学\n"
    )
    design = Design(source, "best\nscore 1.000", HOSTILE, origin="me\x1b[2J")
    with Archive(place) as archive:
        archive.add_design(design)
    assert main(["archive", "show", design.id, "--archive", str(place)]) == 0
    shown = capsys.readouterr().out
    assert "\\u202e\\u2066\\u200b\\u00ad\\ufeff\\u3164\\U000e0041" in shown
    assert "größer, 数学" in shown
    assert "\nscore 1.000" not in shown
    assert not set(HOSTILE[-7:] + "\x1b\x9b\x07") & set(shown)
    assert main(["archive", "show", design.id, "--archive", str(place), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["source"] == source


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
