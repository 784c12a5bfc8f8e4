"""A search that is killed at any moment goes on, by the same command, to the same archive."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = Path(__file__).with_name("kill_me.py")


def start(folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen([sys.executable, str(SCRIPT), str(folder)], cwd=SCRIPT.parent.parent.parent)


def test_killed_at_random_times_it_ends_as_if_undisturbed(tmp_path) -> None:
    began = time.monotonic()
    assert start(tmp_path / "whole").wait() == 0
    whole = time.monotonic() - began
    rng = random.Random(0)
    for share in (rng.uniform(0.3, 0.6), rng.uniform(0.4, 0.9)):
        process = start(tmp_path / "killed")
        try:
            process.wait(share * whole)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert start(tmp_path / "killed").wait() == 0
    expected = (tmp_path / "whole" / "canonical.jsonl").read_bytes()
    assert (tmp_path / "killed" / "canonical.jsonl").read_bytes() == expected
