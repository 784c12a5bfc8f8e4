"""How long is it until something happens: import, help, the first result of a search that was made before?

    python tests/benchmarks/bench_start.py [--quick]

Each is a process of its own, the best of several; beside it stands Python alone, which nobody can undercut.
The warm search is asked for a second time: its calls are recorded, so what is left is ours, up to the line
that says where the search stands first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from outcome import Outcome, Row, main

TIMES = 5
HELP_AIM = 0.4
SEARCH = ("search", "arithmetic", "--strategy", "random")
QUICK = ("--items", "10", "--test-items", "10", "--budget", "700calls")
FULL = ("--items", "50", "--test-items", "50", "--budget", "3000calls")


def measure(quick: bool) -> Outcome:
    times = 2 if quick else TIMES
    python = [sys.executable, "-c"]
    command = [sys.executable, "-m", "masdesign"]
    with tempfile.TemporaryDirectory() as folder:
        alone = best([*python, "pass"], folder, times)
        found = {
            "import masdesign": (best([*python, "import masdesign"], folder, times), None),
            "masdesign --help": (best([*command, "--help"], folder, times), HELP_AIM),
            "masdesign blocks": (best([*command, "blocks"], folder, times), None),
        }
        search = [*command, *SEARCH, *(QUICK if quick else FULL)]
        first = seconds(search, folder)
        found["a warm search, to its first designs"] = (until_first_result(search, folder), None)
        again = seconds(search, folder)
    rows = [
        Row(f"start-up: {what}", took, "s", *(() if aim else ("Python alone", took / alone)), aim=aim)
        for what, (took, aim) in found.items()
    ]
    warm = Row("start-up: a warm search, from end to end", again, "s", "the same when cold", again / first)
    return Outcome("start", (*rows, warm))


def best(command: Sequence[str], folder: str, times: int) -> float:
    """The best of so many, in seconds."""
    return min(seconds(command, folder) for _ in range(times))


def seconds(command: Sequence[str], folder: str) -> float:
    """How long a process takes; it must end well."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)
    return time.perf_counter() - start


def until_first_result(command: Sequence[str], folder: str) -> float:
    """Seconds until the process says where its search stands; it is then left to end."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("search:"):
                break
        took = time.perf_counter() - start
        process.stderr.read()
    assert process.returncode == 0
    return took


def environment() -> dict[str, str]:
    """Without what would lead to another archive."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MASDESIGN_")}


if __name__ == "__main__":
    main(measure, __doc__)
