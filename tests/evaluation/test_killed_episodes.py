"""An episode in whose middle the process is killed goes on, by the same command, to the same result."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("act_and_die.py")
MOMENTS = ((30, 0), (20, 3), (15, 1))
"""New calls before a kill, and milliseconds after that: in the middle of the search for actions."""


def run(place: Path, *moment: int) -> tuple[int, dict]:
    """The evaluation in a process of its own: its exit code, and what it printed."""
    command = [sys.executable, str(SCRIPT), str(place), *map(str, moment)]
    done = subprocess.run(command, cwd=SCRIPT.parents[2], check=False, capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


@pytest.mark.slow
def test_a_tree_of_actions_that_is_killed_ends_as_if_undisturbed(tmp_path) -> None:
    code, whole = run(tmp_path / "whole.db")
    assert code == 0, whole
    assert {row["failure"] for row in whole["rows"]} == {"None"}
    assert whole["new"] > sum(calls for calls, _ in MOMENTS)
    for moment in MOMENTS:
        assert run(tmp_path / "killed.db", *moment)[0] == -signal.SIGKILL
    code, again = run(tmp_path / "killed.db")
    assert code == 0, again
    assert again["rows"] == whole["rows"]
    assert 0 < again["new"] < whole["new"]  # what was committed is not asked again
