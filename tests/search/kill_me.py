"""A search with a scripted model in a process of its own: ``python kill_me.py FOLDER``."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path

from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.lm import Budget, Budgeted, Cache, Cached, Ledger, Limited, Scripted
from masdesign.search import Settings, search
from masdesign.tasks import Task
from masdesign.workflow import MontySandbox, Runtime

spec = importlib.util.spec_from_file_location("scripted_model", Path(__file__).with_name("conftest.py"))
assert spec
assert spec.loader
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)


async def main(folder: Path) -> None:
    task = Task.of(
        "sums", train=script.sums("train", 5), val=script.sums("val", 26), test=script.sums("test", 10)
    )
    ledger = Ledger(Budget.parse("700calls"))
    with Archive(folder / "archive.db") as archive, Cache(folder / "calls.db") as cache:
        lm = Budgeted(Cached(Limited(Scripted(script.reply), 64), cache), ledger)
        async with MontySandbox() as sandbox:
            runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
            await search(task, runtime, ledger, archive, Settings(), run="killed")
        archive.export(folder / "canonical.jsonl", canonical=True)


asyncio.run(main(Path(sys.argv[1])))
