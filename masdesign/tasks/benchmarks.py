"""Public benchmarks by name: their files stay where the user put them, none is in the package."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from masdesign.errors import InputError

FOLDERS = (Path("data"), Path("../shared/data"))
"""Where a benchmark's file is looked for, after ``$MASDESIGN_DATA``."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark whose task is made of one file."""

    name: str
    description: str
    file: str
    """Below the folder of data."""
    source: str
    """Where to have it."""
    note: str
    """What must be said beside a score on it."""


BENCHMARKS = {
    found.name: found
    for found in (
        Benchmark(
            "gsm8k",
            "Solve a grade-school mathematics problem; the answer is a number.",
            "gsm8k/test.jsonl",
            "https://github.com/openai/grade-school-math",
            "train, val and test are cut from the benchmark's own test questions (20/30/50 by a hash of "
            "the question), so a score on any of them is not one on the official test set",
        ),
    )
}


def benchmark_file(benchmark: Benchmark) -> Path:
    """Its file, in the first folder that holds it. Raises InputError where none does."""
    given = os.environ.get("MASDESIGN_DATA")
    folders = (Path(given),) if given else FOLDERS
    for folder in folders:
        if (folder / benchmark.file).is_file():
            return folder / benchmark.file
    looked = " or ".join(str(folder / benchmark.file) for folder in folders)
    raise InputError(
        f"task {benchmark.name} needs a file that is not there ({looked}); have it from {benchmark.source} "
        "and name its folder in MASDESIGN_DATA, or give the file itself as the task"
    )
