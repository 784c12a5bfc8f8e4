"""A search whose items run elsewhere, on nodes that lose things, leaves the same archive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Loopback

from masdesign.archive import Archive
from masdesign.evaluation.executors.remote import Remote
from masdesign.search import Settings, search
from masdesign.session.run import Run
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.workflow import Executor


async def explored(task, open_scripted, path: Path, executor: Executor | None, concurrency: int) -> None:
    ledger = Ledger(Budget.parse("800calls"))
    with Archive(":memory:") as archive:
        async with open_scripted(ledger, concurrency) as runtime:
            settings = Settings("evolution")
            run = Run.of(task, replace(runtime, executor=executor), ledger, archive)
            await search(run, settings, name="trial")
        assert ledger.spend.calls <= 800
        archive.export(path, canonical=True)


@pytest.mark.slow
async def test_it_is_the_archive_that_is_made_here(task, open_scripted, tmp_path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    await explored(task, open_scripted, here, None, 64)
    cluster = Loopback(16, lost=0.3)
    await explored(task, open_scripted, there, Remote(cluster), 256)
    assert there.read_bytes() == here.read_bytes()
    assert cluster.again > 10
