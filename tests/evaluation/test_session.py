"""Runtimes from names; calls are replayed from a record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from masdesign.errors import InputError
from masdesign.evaluation import evaluate, open_runtime
from masdesign.lm import Cached
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.workflow import Design

DIRECT = Design("async def workflow(task):\n    return await direct(task)\n")


@pytest.fixture
async def record(tmp_path, sums, runtime, script) -> str:
    """The name of a model that replays `DIRECT` on val."""
    with Cache(tmp_path / "record.db") as cache:
        await evaluate(DIRECT, sums, "val", replace(runtime, models={"": Cached(script, cache)}))
    return f"replay:{tmp_path / 'record.db'}"


async def test_names_become_models(record):
    async with open_runtime({"": record, "small": record}, tools=["python"], world=3) as found:
        assert found.models[""] is found.models["small"]
        assert found.models[""].model == "scripted"
        assert (found.world, found.tools, found.allow_no_calls) == (3, frozenset({"python"}), False)
        assert "direct" in found.blocks


async def test_a_ledger_charges_every_call(record, sums):
    ledger = Ledger(Budget.parse("100calls"))
    async with open_runtime(record, ledger=ledger) as runtime:
        await evaluate(DIRECT, sums, "val", runtime, ledger=ledger)
    assert ledger.spend.calls == 60


async def test_a_cache_of_the_callers_stays_open(record, tmp_path):
    with Cache.memory() as cache:
        async with open_runtime(record, cache=cache):
            pass
        assert cache.get("nothing") is None
    async with open_runtime(record, cache=tmp_path / "new" / "calls.db"):
        pass
    assert (tmp_path / "new" / "calls.db").exists()


async def test_an_unknown_model_closes_what_was_opened(record):
    with pytest.raises(InputError, match=r"none\.db"):
        async with open_runtime({"": record, "large": "replay:none.db"}):
            pass
