"""Nothing finished is lost when a process is killed, whenever it is, nor where several share an archive."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from masdesign.archive import Archive

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
sys.path[:0] = [{root!r}, {root!r} + "/tests/archive", {root!r} + "/tests"]
from conftest import make_design, make_evaluation
from masdesign.archive import Archive, RunRecord
with Archive({place!r}) as archive:
    run = archive.start_run(RunRecord({run!r}, "arithmetic", "1-2", "m@1", "random"))
    for number in range({start}, {start} + 1_000_000):
        design = make_design(number)
        archive.add_design(design)
        with archive.transaction():
            archive.record_proposal(run, number, design, "complete")
            archive.add_evaluation(make_evaluation(design, number % 50, 50), run=run)
        print(number, flush=True)
"""


def writer(place: str, start: int, run: str = "r") -> subprocess.Popen[str]:
    text = WRITER.format(root=str(ROOT), place=place, start=start, run=run)
    return subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)


def killed(process: subprocess.Popen[str], rng: random.Random, seconds: float) -> int:
    """Kill a writer some time after its first candidate; the last candidate that it told of."""
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(rng.random() * seconds)
    process.send_signal(signal.SIGKILL)
    told = [int(line) for line in (first + process.stdout.read()).split()]
    process.wait()
    process.stdout.close()
    assert told, "the writer ended before its first candidate"
    return told[-1]


@pytest.mark.slow
def test_sigkill_at_random_moments_loses_nothing_finished(place):
    rng, start = random.Random(0), 0
    for _ in range(6):
        finished = killed(writer(place, start), rng, 0.3)
        with Archive(place) as archive:
            evaluations = archive.summaries()
            proposals = archive.proposals("r")
            assert [p["position"] for p in proposals] == list(range(len(proposals)))
            assert len(proposals) == len(evaluations) >= finished + 1
            assert all(s.complete and s.items == 50 for s in evaluations)
            assert len(archive.designs()) - len(proposals) in (0, 1)
            assert archive.stats()["results"] == 50 * len(evaluations)
            start = max(0, len(proposals) - 2)  # going on writes the last ones again


@pytest.mark.slow
def test_eight_processes_killed_in_one_archive_lose_nothing_and_keep_nothing_twice(place):
    rng, starts = random.Random(1), dict.fromkeys("abcdefgh", 0)
    for _ in range(2):
        running = {run: writer(place, start, run) for run, start in starts.items()}
        told = {run: killed(process, rng, 0.2) for run, process in running.items()}
        with Archive(place) as archive:
            for run in starts:
                proposals = archive.proposals(run)
                assert [p["position"] for p in proposals] == list(range(len(proposals)))
                assert len(proposals) >= told[run] + 1
                starts[run] = max(0, len(proposals) - 2)
            keys = [s.key for s in archive.summaries()]
            assert len(keys) == len(set(keys)) == max(len(archive.proposals(run)) for run in starts)
            assert archive.stats()["results"] == 50 * len(keys)
