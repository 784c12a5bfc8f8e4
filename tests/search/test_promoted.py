"""A discovery that became a block is found inside a later winner, and a run keeps the one it began with."""

from __future__ import annotations

import re

import pytest

from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.lm import Budgeted, Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.search import Settings, search
from masdesign.search.designer import Brief, Designer
from masdesign.search.loop.loop import _list_promoted
from masdesign.session.run import Run
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.workflow import Design, MontySandbox, Runtime

CAREFUL = Design(
    "async def workflow(task):\n    return await chain_of_thought(task, role='You are careful.')\n",
    name="careful",
    thought="Thinks step by step, in a careful role.",
)


@pytest.fixture
def reply():
    """Right where it is asked to be careful, which no step of the grammar is; else mostly wrong."""

    def reply(asked):
        prompt = asked.messages[-1].content
        numbers = re.search(r": (\d+) \+ (\d+) =", prompt)
        right = int(numbers[1]) + int(numbers[2])
        if "Check the solution" in prompt:
            return "Verdict: right"
        careful = asked.messages[0].content == "You are careful."
        return f"Answer: {right if careful or right % 5 == asked.sample % 5 else right + 1 + asked.sample}"

    return reply


@pytest.mark.slow
@pytest.mark.timeout(900)  # a whole search, some seconds on a machine that is not busy
async def test_a_later_search_finds_it_inside_its_winner(task, reply, tmp_path):
    async def run(archive, cache):
        ledger = Ledger(Budget.parse("1100calls"))
        async with MontySandbox() as sandbox:
            lm = Budgeted(Cached(Scripted(reply, window=64), cache), ledger)
            runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
            return await search(Run.of(task, runtime, ledger, archive), Settings(), name="later")

    with Archive(":memory:") as archive, Cache.memory() as cache:
        archive.add_design(CAREFUL)
        archive.promote("careful", "careful_sums")
        found = await run(archive, cache)
        assert "async def careful_sums(task):" in found.best.source
        assert CAREFUL.id in found.best.parents
        assert CAREFUL.id in [r.design_id for r in archive.lineage(found.best.id).ancestors]
        assert found.best_val.score == 1.0
        assert archive.run("later").settings["promoted"] == {"careful_sums": CAREFUL.id}
        other = Design("async def workflow(task):\n    return await direct(task, role='x')\n")
        archive.add_design(other)
        archive.promote(other.id, "careful_sums")  # the name goes to another design
        assert _list_promoted(archive, "")[0].version == other.id
        assert _list_promoted(archive, "later")[0].version == CAREFUL.id  # a run keeps its blocks


async def test_a_designer_reads_of_it_and_its_design_holds_it(task, reply):
    code = "async def workflow(task):\n    return await careful_sums(task)\n"
    with Archive(":memory:") as archive:
        archive.add_design(CAREFUL)
        archive.promote("careful", "careful_sums")
        block = archive.promoted()["careful_sums"]
    ledger = Ledger(Budget.parse(None))
    meta = Scripted(lambda request: f"Thought: it helps.\n```python\n{code}```", "meta", window=100_000)
    async with MontySandbox() as sandbox:
        runtime = Runtime({"": Budgeted(Scripted(reply), ledger)}, blocks(), sandbox)
        designer = Designer(Budgeted(meta, ledger), runtime, ledger, task, promoted=[block])
        values: dict[str, object] = {"shown": [], "failed": []}
        written = await designer.write(Brief("propose", values, origin="tests"))
    assert written.failure is None
    assert written.design.parents == (CAREFUL.id,)
    assert "async def careful_sums(task):" in written.design.source
    assert "async def careful_sums(task: Question) -> Answer:" in meta.requests[0].messages[-1].content
