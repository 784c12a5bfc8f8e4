"""What a benchmark found: a table, curves, and the command line that all of them share.

Every benchmark is a script of its own: ``python tests/benchmarks/bench_X.py [--quick] [--json FILE]``. It
prints its table; with ``--json`` it writes `Outcome` for `run.py`, which gathers them all.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


def children() -> list[Path]:
    """The processes that this one has started (``/proc/PID``)."""
    pids = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            pids.append(stat.parent)
    return pids


def processor_time() -> float:
    """Seconds of processor time of this process and of the processes that it has started and that run."""
    seconds = time.process_time()
    for process in children():
        for task in process.glob("task/*/schedstat"):
            try:
                seconds += int(task.read_text().split()[0]) / 1e9
            except (OSError, IndexError):
                continue
    return seconds


@dataclass(frozen=True)
class Row:
    """One figure, with what it is beside."""

    what: str
    value: float
    unit: str
    beside: str = ""
    """What the ratio is to."""
    ratio: float | None = None
    """The value as a multiple of what it is beside, measured in the same run."""
    aim: float | None = None
    """The most that the value (or, where there is one, the ratio) should be."""

    @property
    def within(self) -> bool | None:
        """Whether the aim is met; ``None`` where there is none."""
        measured = self.value if self.ratio is None else self.ratio
        return None if self.aim is None else measured <= self.aim


@dataclass(frozen=True)
class Curve:
    """How a cost grows: both axes logarithmic."""

    name: str
    """Names its files, too: letters and hyphens."""
    x: str
    y: str
    lines: dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Outcome:
    """All that one benchmark found."""

    name: str
    rows: tuple[Row, ...]
    curves: tuple[Curve, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Outcome:
        """The outcome that `to_json` gave."""
        curves = [
            Curve(**{**c, "lines": {n: [(x, y) for x, y in line] for n, line in c["lines"].items()}})
            for c in data["curves"]
        ]
        return cls(
            data["name"], tuple(Row(**row) for row in data["rows"]), tuple(curves), tuple(data["notes"])
        )


HEADS = ("what", "measured", "beside", "aim")


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table.

    >>> print(markdown([Row("a call", 0.2, "ms", "a plain call", 4.0, aim=10)]))
    | what | measured | beside | aim |
    |---|---:|---|---|
    | a call | 0.2 ms | 4 × a plain call | 10 × met |
    """
    lines = [f"| {' | '.join(HEADS)} |", "|---|---:|---|---|"]
    for row in rows:
        beside = row.beside if row.ratio is None else f"{number(row.ratio)} × {row.beside}"
        unit = row.unit if row.ratio is None else "×"
        met = "met" if row.within else "**missed**"
        aim = "" if row.aim is None else " ".join(filter(None, (number(row.aim), unit, met)))
        measured = f"{number(row.value)} {row.unit}".strip()
        lines.append(f"| {row.what} | {measured} | {beside} | {aim} |")
    return "\n".join(lines)


def number(value: float) -> str:
    """Three digits that matter.

    >>> number(0.01234), number(12.3456), number(123456.7), number(5.0)
    ('0.0123', '12.3', '123,457', '5')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def main(measure: Callable[[bool], Outcome], doc: str) -> None:
    """The command line of a benchmark; ``measure`` is told whether to take the quick size."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small size, for tests: seconds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found to FILE")
    options = parser.parse_args()
    found = measure(options.quick)
    print(markdown(found.rows))
    for note in found.notes:
        print(note)
    if options.json is not None:
        options.json.write_text(json.dumps(found.to_json()))
