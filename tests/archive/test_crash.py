"""Nothing finished is lost when the process is killed, at whatever moment."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from masdesign.archive import Archive

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
from conftest import make_design, make_evaluation
from masdesign.archive import Archive, RunRecord
with Archive({path!r}) as archive:
    run = archive.start_run(RunRecord("r", "arithmetic", "1-2", "m@1", "random"))
    for number in range({start}, {start} + 1_000_000):
        design = make_design(number)
        archive.add_design(design)
        with archive.transaction():
            archive.record_proposal(run, number, design, "complete")
            archive.add_evaluation(make_evaluation(design, number % 50, 50), run=run)
        print(number, flush=True)
"""


def test_sigkill_at_random_moments_loses_nothing_finished(tmp_path):
    rng, path, start = random.Random(0), tmp_path / "archive.db", 0
    for _ in range(6):
        text = WRITER.format(root=str(ROOT), here=str(Path(__file__).parent), path=str(path), start=start)
        process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, "the writer ended before its first candidate"
        time.sleep(rng.random() * 0.3)
        process.send_signal(signal.SIGKILL)
        told = [int(line) for line in (first + process.stdout.read()).split()]
        process.wait()
        process.stdout.close()
        finished = told[-1]
        with Archive(path) as archive:
            evaluations = archive.summaries()
            proposals = archive.proposals("r")
            assert [p["position"] for p in proposals] == list(range(len(proposals)))
            assert len(proposals) == len(evaluations) >= finished + 1
            assert all(s.complete and s.items == 50 for s in evaluations)
            assert len(archive.designs()) - len(proposals) in (0, 1)
            assert archive.stats()["results"] == 50 * len(evaluations)
            start = max(0, len(proposals) - 2)  # going on writes the last ones again
