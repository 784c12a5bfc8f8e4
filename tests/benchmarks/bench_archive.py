"""An archive of 100,000 designs and 2 million item results: best, frontier, lineage, search, report.

    python tests/benchmarks/bench_archive.py [--quick]

In SQLite, and in PostgreSQL where that is installed. All designs belong to one task and one model, which is
the hardest case. Of the 1,000 designs of a run 42 in 100 fail before they are scored (as those do that a
model writes freely), 38 are screened (24 items), 10 raced (48) and 10 evaluated in full (60). A design has
two parents among its run's last 20 that were evaluated in full; one in fifty has one of any earlier run.
The rows are written in bulk, and the archive is then asked through its own methods; each figure is the
median of several, with the file in the system's cache. The curves double the archive up to its full size.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from outcome import Curve, Outcome, Row, main
from postgresql import binaries, server
from sqlalchemy import create_engine, insert

from masdesign.archive import Archive, RunRecord
from masdesign.archive.tables import schema
from masdesign.archive.tables.designs import links_of
from masdesign.archive.tables.evaluations import _NAMED, _SUMMED, _columns, _result_row
from masdesign.archive.tables.words import index_words
from masdesign.evaluation.evaluation import Evaluation
from masdesign.report import run_report
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.types import Answer, Result, Usage
from masdesign.workflow import Design

FULL, QUICK = 100_000, 1_000
A_RUN = 1_000
STAGES = (("failed", 0.42, 0), ("screened", 0.38, 24), ("raced", 0.10, 48), ("complete", 0.10, 60))
"""Name, share of the designs, items answered."""
VAL = 60
RECENT, ELSEWHERE = 20, 0.02
AIM_MS = 50.0
TASK, VERSION, MODEL = "arithmetic", "1-2", "abacus-2@bd07ee9f"
CHUNK = 500


def measure(quick: bool) -> Outcome:
    sizes = [QUICK // 2, QUICK] if quick else [FULL // 8, FULL // 4, FULL // 2, FULL]
    rows: list[Row] = []
    curves: list[Curve] = []
    notes = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        places = {"SQLite": [str(folder / f"{size}.db") for size in sizes]}
        if binaries() is None:
            notes.append("PostgreSQL is not installed: left out.")
        else:
            places["PostgreSQL"] = databases(stack.enter_context(server()), sizes)
        for kind, at in places.items():
            lines: dict[str, list[tuple[float, float]]] = {}
            for size, place in zip(sizes, at, strict=True):
                found = ask(place, size, quick)
                for what, ms in found.items():
                    lines.setdefault(what, []).append((size, ms))
            for what, ms in found.items():
                aim = AIM_MS if what in ("best", "frontier", "lineage", "search") else None
                rows.append(Row(f"archive of {sizes[-1]:,} designs, {kind}: {what}", ms, "ms", aim=aim))
            name = f"archive-{kind.lower()}"
            curves.append(Curve(name, f"designs in the archive ({kind})", "ms", lines))
    return Outcome("archive", tuple(rows), tuple(curves), tuple(notes))


def databases(url: str, sizes: list[int]) -> list[str]:
    """A fresh database on the server for each size."""
    engine = create_engine(f"{url}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for size in sizes:
            connection.exec_driver_sql(f"CREATE DATABASE archive_{size}")
    engine.dispose()
    return [f"{url}/archive_{size}" for size in sizes]


def ask(place: str, size: int, quick: bool) -> dict[str, float]:
    """Fill an archive and ask it; milliseconds by what was asked."""
    last = f"run-{(size - 1) // A_RUN}"
    with Archive(place) as archive:
        fill(archive, size)
        best = archive.best(TASK, MODEL)
        some = [d["design_id"] for d in archive.proposals("run-0")][:: A_RUN // 10]
        times = 3 if quick else 9
        found = {
            "best": timed(lambda: archive.best(TASK, MODEL), times),
            "frontier": timed(lambda: archive.frontier(TASK, MODEL), times),
            "lineage": timed(lambda: archive.lineage(best.id), times),
            "lineage of an early design": timed(lambda: archive.lineage(some[0]), times),
            "search": timed(lambda: archive.search("rare word7"), times),
            "one more evaluation": timed(adding(archive), times),
            "report": timed(lambda: run_report(archive, run=last), 1),
        }
    return found


def timed(ask: Callable[[], Any], times: int) -> float:
    """The median of so many, in milliseconds, after one that does not count."""
    seconds = []
    for _ in range(times + 1):
        start = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - start)
    return 1e3 * median(seconds[1:] if times > 1 else seconds)


def adding(archive: Archive) -> Callable[[], None]:
    """Adds another design with its evaluation in full each time."""
    rng, numbers = Random(-1), iter(range(10**9))

    def add() -> None:
        design = Design(f"async def workflow(task):\n    return await ask('more {next(numbers)}', task)\n")
        with archive.transaction():
            archive.add_design(design)
            archive.add_evaluation(evaluation(design.id, VAL, rng), "run-0")

    return add


def fill(archive: Archive, size: int) -> None:
    """Designs, lineage, failures, evaluations, runs and their proposals, in bulk."""
    rng = Random(0)
    sources = [design_of(Grammar().grow(rng)).source for _ in range(64)]
    for number in range(0, size, A_RUN):
        archive.start_run(RunRecord(f"run-{number // A_RUN}", TASK, VERSION, MODEL, "random"))
    eligible: list[str] = []
    of_run: list[str] = []
    seq = 0
    for start in range(0, size, CHUNK):
        batch: dict[Any, list[dict[str, Any]]] = {}

        def put(table: Any, batch: dict[Any, list[dict[str, Any]]] = batch, **values: Any) -> None:
            batch.setdefault(table, []).append(values)

        for number in range(start, min(start + CHUNK, size)):
            id_ = hashlib.sha256(str(number).encode()).hexdigest()[:12]
            of_run = of_run if number % A_RUN else []
            parents = rng.sample(of_run[-RECENT:], min(2, len(of_run)))
            if eligible and rng.random() < ELSEWHERE:
                parents = [rng.choice(eligible)]
            describe(put, number, id_, rng.choice(sources), parents)
            stage, items = drawn(rng)
            run = f"run-{number // A_RUN}"
            place = {"run": run, "position": number % A_RUN, "design_id": id_, "stage": stage}
            put(schema.proposals, **place, outcome='{"failures":{}}')
            if not items:
                failure = '{"cure":"","kind":"design","line":1,"message":"it does not parse"}'
                put(schema.failures, design_id=id_, run=run, failure=failure, foreign_=False, created=1.0)
                continue
            seq += 1
            found = evaluation(id_, items, rng)
            put(
                schema.evaluations,
                seq=seq,
                **_columns(found, ("key", *_NAMED, *_SUMMED)),
                again=False,
                foreign_=False,
                created=1.0,
            )
            for position, result in enumerate(found.results):
                put(schema.results, **_result_row(seq, position, result))
            put(schema.run_evaluations, run=run, evaluation=seq)
            if stage == "complete":
                eligible.append(id_)
                of_run.append(id_)
        write(archive, batch)
    settle(archive)


def describe(put: Callable[..., None], number: int, id_: str, source: str, parents: list[str]) -> None:
    """The rows of one design; one in a thousand has the words that are searched for."""
    name = f"a rare design, word{number // 1000 % 10}" if number % 1000 == 7 else f"design {number}"
    for row in links_of(id_, parents):
        put(schema.links, **row)
    put(
        schema.designs,
        seq=number + 1,
        id=id_,
        source=f"{source}\n# {number}\n",
        name=name,
        thought="Draws several answers, judges them, and votes among those that were judged right.",
        parents="[" + ",".join(f'"{parent}"' for parent in parents) + "]",
        origin="random",
        created=1.0,
    )


def drawn(rng: Random) -> tuple[str, int]:
    """How far a design gets."""
    names, shares, items = zip(*STAGES, strict=True)
    stage = rng.choices(range(len(STAGES)), shares)[0]
    return names[stage], items[stage]


def evaluation(id_: str, items: int, rng: Random) -> Evaluation:
    """Of so many items, each right with the design's own chance."""
    chance, tokens = rng.betavariate(4, 4), rng.randint(100, 2000)
    results = tuple(
        Result(
            f"item-{n:03}",
            Answer("42", "First the sums, then the product; together they make 42."),
            float(rng.random() < chance),
            Usage(tokens, 60),
            4,
            0.5,
        )
        for n in range(items)
    )
    return Evaluation(id_, TASK, VERSION, "val", MODEL, 0, "ask=1", VAL, results)


def write(archive: Archive, batch: dict[Any, list[dict[str, Any]]]) -> None:
    """A chunk in one transaction, tables in the order in which they refer to each other."""
    with archive._connection(writes=True) as connection:
        for table in schema.tables.sorted_tables:
            if rows := batch.get(table):
                connection.execute(insert(table), rows)
        for row in batch[schema.designs]:
            index_words(connection, row["seq"])


def settle(archive: Archive) -> None:
    """What a server does by itself: on PostgreSQL numbers go on from the last, and it knows its tables."""
    if archive._engine.dialect.name == "postgresql":
        with archive._connection(writes=True) as connection:
            for table in ("designs", "evaluations"):
                last = f"(SELECT max(seq) FROM {table})"
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'seq'), {last})")
        with archive._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


if __name__ == "__main__":
    main(measure, __doc__)
