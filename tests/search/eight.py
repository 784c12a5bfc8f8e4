"""Eight searches in one archive at once, each in a process of its own that is killed and started again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine

SCRIPT = Path(__file__).with_name("kill_me.py")
STRATEGY, BUDGET = "random", "750calls"
RUNS = {f"run-{seed}": seed for seed in range(8)}
CALLS, MILLISECONDS = 25, 40
"""A process is killed at most so long after at most so many new calls."""
_WAITS = "SELECT extract(epoch FROM clock_timestamp() - waitstart) FROM pg_locks WHERE NOT granted"
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@dataclass
class Waits:
    """What the server said of its locks while it was watched, every few milliseconds."""

    longest: float = 0.0
    """Seconds that anyone was seen to wait for a lock."""
    seen: int = 0
    """Looks at which someone waited."""
    deadlocks: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def watching(url: str) -> Iterator[Waits]:
    """Looks at the server's locks for as long as the block lasts."""
    waits, engine = Waits(), create_engine(url, isolation_level="AUTOCOMMIT")

    def watch() -> None:
        with engine.connect() as connection:
            while not waits.ended.wait(0.005):
                found = [float(s) for (s,) in connection.exec_driver_sql(_WAITS) if s is not None]
                waits.seen += bool(found)
                waits.longest = max([waits.longest, *found])
            waits.deadlocks = connection.exec_driver_sql(_DEADLOCKS).scalar_one()

    with ThreadPoolExecutor(1) as thread:
        watched = thread.submit(watch)
        try:
            yield waits
        finally:
            waits.ended.set()
            watched.result()
            engine.dispose()


def drive(url: str, kills: int = 2, runs: Collection[str] = tuple(RUNS)) -> int:
    """Each run is killed so often at random moments, then left to end; how often one was killed."""
    with ThreadPoolExecutor(len(runs)) as threads:
        return sum(threads.map(lambda run: _drive(url, run, kills), runs))


def _drive(url: str, run: str, kills: int) -> int:
    moments, killed = random.Random(run), 0
    for _ in range(kills):
        moment = moments.randint(1, CALLS), moments.randint(0, MILLISECONDS)
        code = start(url, run, *moment)
        assert code in (0, -signal.SIGKILL), code
        killed += code == -signal.SIGKILL
    assert start(url, run) == 0
    return killed


def start(url: str, run: str, *moment: int) -> int:
    """The search in a process of its own, with archive and calls at that URL; its exit code."""
    what = (url, url, run, STRATEGY, RUNS[run], BUDGET, *moment)
    command = [sys.executable, str(SCRIPT), *map(str, what)]
    return subprocess.run(command, cwd=SCRIPT.parents[2], check=False).returncode
