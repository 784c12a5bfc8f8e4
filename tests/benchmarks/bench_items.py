"""What many items cost: memory and processor time of a large file, its items in memory or in a file.

    python tests/benchmarks/bench_items.py [--quick]

The same file is loaded twice, each time in a process of its own. Memory is the largest that the process had,
less what it had before it read the file.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from outcome import Outcome, Row, main

ROWS, QUICK = 1_000_000, 20_000
LOAD = """
import resource, sys, time
from masdesign.tasks import items, load_task
items.MANY = int(sys.argv[2])
load_task([{"question": f"{n} + 1?", "target": n} for n in range(20)])
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
task = load_task(sys.argv[1])
seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(task.version, peak / 1024, seconds)
"""


def measure(quick: bool) -> Outcome:
    count = QUICK if quick else ROWS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        write(path, count)
        size = path.stat().st_size / 2**20
        version, memory, seconds = load(path, count + 1)
        same, stored_memory, in_file = load(path, 1_000 if quick else 50_000)
    assert same == version
    rows = (
        Row(f"{count:,} rows ({size:.0f} MB), in memory: most memory", memory, "MB"),
        Row("in a temporary file: most memory", stored_memory, "MB", "in memory", stored_memory / memory),
        Row("in memory: processor time", seconds, "s"),
        Row("in a temporary file: processor time", in_file, "s", "in memory", in_file / seconds),
    )
    return Outcome("items", rows)


def write(path: Path, count: int) -> None:
    """A file of questions of fifteen made-up words, each with a number as its target."""
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghijklmnop", k=rng.randint(3, 9))) for _ in range(3000)]
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            question = f"{' '.join(rng.choices(words, k=15))} {number}?"
            row = {"question": question, "target": str(rng.randint(0, 999)), "note": f"n{number}"}
            file.write(json.dumps(row) + "\n")


def load(path: Path, many: int) -> tuple[str, float, float]:
    """The task's version, the memory in MB and the seconds that loading it took."""
    command = [sys.executable, "-c", LOAD, str(path), str(many)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    version, memory, seconds = done.stdout.split()
    return version, float(memory), float(seconds)


if __name__ == "__main__":
    main(measure, __doc__)
