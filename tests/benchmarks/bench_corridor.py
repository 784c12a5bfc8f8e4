"""How many of our files and functions one more item passes, and how many a search enters.

    python tests/benchmarks/bench_corridor.py [--quick]

An item of ``ledger`` is answered by a design of the block ``isolate``, with budget, cache and sandbox, by a
model that answers at once. Two evaluations that differ by one item are counted: what is entered more often in
the larger one is what an item passes, whatever an evaluation does once. The search is one of ``arithmetic``
by abacus. A file counts as entered where one of its functions ran; what runs at import does not count, so
all modules are imported first.
"""

import asyncio
import inspect
import pkgutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from outcome import Outcome, Row, main

import masdesign as md
from masdesign.building_blocks import blocks
from masdesign.evaluation import evaluate
from masdesign.lm import Budgeted, Cached, Limited
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.types import Completion, Request, Usage
from masdesign.workflow import Design, MontySandbox, Runtime

ROOT = str(Path(md.__file__).resolve().parents[1])
ITEMS = 8
SEARCH, QUICK = (50, "4000calls"), (10, "500calls")
"""Items of val and test, and the budget."""
ITEM_AIM, SEARCH_AIM = 25, 120
APART = ("masdesign.chaos", "masdesign.cli", "masdesign.testing", "masdesign.training")
"""Packages that no search imports."""


class Instant:
    """A model that answers at once."""

    model, window = "instant", 100_000

    async def complete(self, _: Request) -> Completion:
        return Completion("It is five.\nAnswer: 5", Usage(60, 50))

    async def aclose(self) -> None:
        pass


def import_all() -> None:
    """Import every module that a search may need; those of extras that are not installed are left out."""
    for module in pkgutil.walk_packages(md.__path__, "masdesign."):
        if not module.name.startswith(APART) and not module.name.endswith("__main__"):
            with suppress(ImportError):
                import_module(module.name)


@contextmanager
def entered() -> Iterator[Counter[CodeType]]:
    """Calls of our own functions within the ``with``, in all threads that begin there, by their code."""
    calls: Counter[CodeType] = Counter()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code  # that of a module or of a class's body is not optimised
        if event == "call" and code.co_flags & inspect.CO_OPTIMIZED and code.co_filename.startswith(ROOT):
            calls[code] += 1

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def files_of(calls: Counter[CodeType]) -> list[str]:
    """The files of what was called, sorted; scripts beside this one are none of ours."""
    names = {str(Path(code.co_filename).resolve().relative_to(ROOT)) for code in calls}
    return sorted(name for name in names if not name.startswith(("tests", ".")))


async def evaluated(items: int) -> Counter[CodeType]:
    """The files and functions entered while items are evaluated, with a checked design and a warm sandbox."""
    task = md.load_task("ledger")
    design = Design("async def workflow(task):\n    return await isolate(task)\n")
    with Cache.memory() as cache, entered() as calls:
        ledger = Ledger(Budget())
        model = Budgeted(Cached(Limited(Instant(), 64), cache), ledger)
        async with MontySandbox() as sandbox:
            runtime = Runtime({"": model}, blocks(), sandbox)
            await evaluate(design, task, "val", runtime, ledger=ledger, items=task.val[:1])
            calls.clear()
            await evaluate(design, task, "val", runtime, ledger=ledger, items=task.val[1 : 1 + items])
            return calls.copy()


def searched(items: int, budget: str) -> Counter[CodeType]:
    """What is entered while a task is searched."""
    task = md.load_task("arithmetic", items=items, test_items=items)
    with tempfile.TemporaryDirectory() as folder, entered() as calls:
        md.run_search(task, budget=budget, archive=str(Path(folder) / "archive.db"))
        return calls.copy()


def measure(quick: bool) -> Outcome:
    import_all()
    item = asyncio.run(evaluated(ITEMS + 1)) - asyncio.run(evaluated(ITEMS))
    passed, search = files_of(item), searched(*(QUICK if quick else SEARCH))
    rows = (
        Row("one more item under isolate: our files", len(passed), "", aim=ITEM_AIM),
        Row("one more item under isolate: functions", len(item), ""),
        Row("one more item under isolate: their calls", item.total(), ""),
        Row("a search: our files", len(files_of(search)), "", aim=SEARCH_AIM),
        Row("a search: functions", len(search), ""),
    )
    by_folder = Counter(str(Path(name).parent) for name in passed)
    listed = ", ".join(f"{folder} {count}" for folder, count in sorted(by_folder.items()))
    return Outcome("corridor", rows, (), (f"files that an item passes, by folder: {listed}",))


if __name__ == "__main__":
    main(measure, __doc__)
