"""A search that is killed at any moment goes on, by the same command, to the same archive."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kill_me.py")
MOMENTS = 10
CALLS = 60
"""Calls before a kill, at most: ten of them come to less than the search makes."""


def run(folder: Path, strategy: str, *moment: int) -> int:
    """The search in a process of its own; its exit code."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(SCRIPT), str(folder), strategy, *map(str, moment)]
    return subprocess.run(command, cwd=SCRIPT.parent.parent.parent, check=False).returncode


@pytest.mark.timeout(900)
@pytest.mark.parametrize("strategy", ["portfolio"])
def test_killed_at_ten_moments_it_ends_as_if_undisturbed(tmp_path, strategy) -> None:
    assert run(tmp_path / "whole", strategy) == 0
    moments, killed = random.Random(0), 0
    for _ in range(MOMENTS):
        code = run(tmp_path / "killed", strategy, moments.randint(1, CALLS), moments.randint(0, 40))
        killed += code == -signal.SIGKILL
        assert not (tmp_path / "killed" / "canonical.jsonl").exists()
    assert killed == MOMENTS
    assert run(tmp_path / "killed", strategy) == 0
    expected = (tmp_path / "whole" / "canonical.jsonl").read_bytes()
    assert (tmp_path / "killed" / "canonical.jsonl").read_bytes() == expected
