"""A search with a scripted model in a process of its own, which may kill itself.

    python kill_me.py ARCHIVE CALLS RUN STRATEGY SEED BUDGET [AFTER MILLISECONDS]

ARCHIVE and CALLS are places of an archive and of recorded calls. With AFTER it sends itself SIGKILL so many
milliseconds after that many calls were answered that no earlier process had answered, wherever it stands.
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
from masdesign.lm import Budgeted, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.search import Settings, search
from masdesign.session.run import Run
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
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


async def main(place: str, calls: str, run: str, strategy: str, seed: int, budget: str, *moment: int) -> None:
    task = Task.of(
        "sums", train=script.sums("train", 5), val=script.sums("val", 26), test=script.sums("test", 10)
    )
    after, milliseconds = moment or (0, 0)
    ledger = Ledger(Budget.parse(budget))
    with Archive(place) as archive, Cache(calls) as cache:
        model = Scripted(Reply(after, milliseconds / 1000), window=script.WINDOW)
        lm = Budgeted(Cached(Limited(model, 64), cache), ledger)
        async with MontySandbox() as sandbox:
            runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
            await search(Run.of(task, runtime, ledger, archive), Settings(strategy, seed=seed), name=run)


if __name__ == "__main__":
    *places, strategy, seed, budget = sys.argv[1:7]
    asyncio.run(main(*places, strategy, int(seed), budget, *map(int, sys.argv[7:])))
