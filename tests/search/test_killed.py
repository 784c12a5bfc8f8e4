"""A search that is killed at any moment goes on, by the same command, to the same archive."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from masdesign.archive import Archive
from masdesign.search.replay import canonical

SCRIPT = Path(__file__).with_name("kill_me.py")
MOMENTS = 10
CALLS = 60
"""Calls before a kill, at most: ten of them come to less than the search makes."""


def run(folder: Path, strategy: str, *moment: int) -> int:
    """The search in a process of its own; its exit code."""
    folder.mkdir(exist_ok=True)
    what = (folder / "archive.db", folder / "calls.db", "killed", strategy, 0, "800calls", *moment)
    command = [sys.executable, str(SCRIPT), *map(str, what)]
    return subprocess.run(command, cwd=SCRIPT.parent.parent.parent, check=False).returncode


def exported(folder: Path) -> bytes:
    """The canonical export of the archive there."""
    with Archive(folder / "archive.db") as archive:
        return canonical(archive)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("strategy", ["portfolio"])
def test_killed_at_ten_moments_it_ends_as_if_undisturbed(tmp_path, strategy) -> None:
    assert run(tmp_path / "whole", strategy) == 0
    moments, killed = random.Random(0), 0
    for _ in range(MOMENTS):
        code = run(tmp_path / "killed", strategy, moments.randint(1, CALLS), moments.randint(0, 40))
        killed += code == -signal.SIGKILL
    assert killed == MOMENTS
    assert run(tmp_path / "killed", strategy) == 0
    assert exported(tmp_path / "killed") == exported(tmp_path / "whole")
