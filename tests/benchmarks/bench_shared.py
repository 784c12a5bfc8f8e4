"""Eight searches in one archive on PostgreSQL, killed and resumed: how long does anyone wait for a lock?

    python tests/benchmarks/bench_shared.py [--quick]

The searches are those of ``tests/search/test_eight.py``, which holds that nothing is lost or kept twice. The
model is scripted and answers at once, so that they write as fast as they can; archive and recorded calls lie
in one database. The server's locks are looked at every five milliseconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.extend([str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "search")])

from eight import RUNS, drive, watching
from outcome import Outcome, Row, main
from postgresql import binaries, server
from sqlalchemy import create_engine

from masdesign.archive import Archive

AIM_SECONDS = 1.0


def measure(quick: bool) -> Outcome:
    if binaries() is None:
        return Outcome("shared", (), notes=("PostgreSQL is not installed: eight searches are left out.",))
    runs = tuple(RUNS)[:2] if quick else tuple(RUNS)
    with server() as address:
        engine = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE shared")
        engine.dispose()
        Archive(f"{address}/shared").close()
        start = time.perf_counter()
        with watching(f"{address}/shared") as waits:
            killed = drive(f"{address}/shared", 1 if quick else 3, runs)
        seconds = time.perf_counter() - start
    name = f"{len(runs)} searches in one archive (PostgreSQL)"
    rows = (
        Row(f"{name}: longest wait for a lock", waits.longest, "s", aim=AIM_SECONDS),
        Row(f"{name}: deadlocks", waits.deadlocks, "", aim=0),
    )
    return Outcome("shared", rows, notes=(f"{killed} processes were killed; {seconds:.0f} s in all",))


if __name__ == "__main__":
    main(measure, __doc__)
