"""A search with a scripted model in a process of its own, which may kill itself.

    python kill_me.py FOLDER STRATEGY [CALLS MILLISECONDS]

With CALLS it sends itself SIGKILL so many milliseconds after that many calls were answered that no earlier
process had answered, wherever it then stands.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
import threading
from pathlib import Path

from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.lm import Budget, Budgeted, Cache, Cached, Ledger, Limited, Scripted
from masdesign.search import Settings, search
from masdesign.tasks import Task
from masdesign.types import Request
from masdesign.workflow import MontySandbox, Runtime

spec = importlib.util.spec_from_file_location("scripted_model", Path(__file__).with_name("conftest.py"))
assert spec
assert spec.loader
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)


class Reply:
    """The scripted model, which kills its process some time after a number of calls."""

    def __init__(self, calls: int, seconds: float) -> None:
        self.left, self.seconds = calls, seconds

    def __call__(self, request: Request) -> str:
        self.left -= 1
        if self.left == 0:
            threading.Timer(self.seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return script.reply(request)


async def main(folder: Path, strategy: str, calls: int = 0, milliseconds: int = 0) -> None:
    task = Task.of(
        "sums", train=script.sums("train", 5), val=script.sums("val", 26), test=script.sums("test", 10)
    )
    ledger = Ledger(Budget.parse("700calls"))
    with Archive(folder / "archive.db") as archive, Cache(folder / "calls.db") as cache:
        lm = Budgeted(Cached(Limited(Scripted(Reply(calls, milliseconds / 1000)), 64), cache), ledger)
        async with MontySandbox() as sandbox:
            runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
            await search(task, runtime, ledger, archive, Settings(strategy), run="killed")
        archive.export(folder / "canonical.jsonl", canonical=True)


asyncio.run(main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])))
