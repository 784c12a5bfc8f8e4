"""Eight processes search into one archive on a server, killed and resumed: nothing lost, nothing twice."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest

from masdesign.archive import Archive
from masdesign.archive.exchange.lines import differences
from masdesign.records.cache import Cache
from masdesign.search import Settings, search
from masdesign.session.run import Run
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger


@pytest.fixture(scope="module")
def eight():
    spec = importlib.util.spec_from_file_location("eight", Path(__file__).with_name("eight.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["eight"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_eight_searches_in_one_archive_each_killed_and_resumed(
    eight, new_database, task, open_scripted, capsys
) -> None:
    url = new_database()
    Archive(url).close()
    with eight.watching(url) as waits:
        killed = eight.drive(url)
    with capsys.disabled():
        print(f"\n{killed} kills; the longest wait for a lock: {waits.longest:.3f} s")
    assert killed >= len(eight.RUNS)
    assert waits.deadlocks == 0
    with Archive(url) as archive, Cache(url) as cache:
        runs = {run.name: run for run in archive.runs()}
        assert runs.keys() == eight.RUNS.keys()
        assert all(run.outcome for run in runs.values())
        for summary in archive.summaries():
            items = Counter(result.item_id for result in archive.evaluation(summary).results)
            assert set(items.values()) == {1}
        keys = [(s.key, s.foreign) for s in archive.summaries()]
        assert len(keys) == len(set(keys))
        ids = [design.id for design in archive.designs()]
        assert len(ids) == len(set(ids))
        for run in ("run-0", "run-5"):  # as if it had been alone, and undisturbed
            with Archive(":memory:") as alone:
                ledger = Ledger(Budget.parse(eight.BUDGET))
                async with open_scripted(ledger, cache=cache) as runtime:
                    settings = Settings(eight.STRATEGY, seed=eight.RUNS[run])
                    await search(Run.of(task, runtime, ledger, alone), settings, name=run)
                assert differences(archive.slice(run), alone.slice(run)) == []
                assert ledger.spend.paid_calls == 0  # every call that was charged is on the server
