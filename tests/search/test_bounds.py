"""A search with bounds: blocks left out, a start of one's own, earlier runs, what it would spend."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from masdesign.archive import Archive, ArchiveView, Entry
from masdesign.building_blocks import blocks
from masdesign.cli import cli
from masdesign.errors import InputError
from masdesign.lm import Budgeted, Scripted
from masdesign.search import Settings, search
from masdesign.search.designer import Brief, Designer
from masdesign.search.grammar.generate import Grammar
from masdesign.search.loop.estimate import run_forecast
from masdesign.search.loop.loop import grammar_of
from masdesign.search.objective import ScoreObjective
from masdesign.search.strategies import STRATEGIES
from masdesign.search.strategies.random import RandomSearch
from masdesign.search.strategy import Setting, Start
from masdesign.session.run import Run
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.types import Request
from masdesign.workflow import Design, MontySandbox, Runtime

OWN = Design("async def workflow(task):\n    return await ask('Solve it twice.', task)\n", "twice")


def test_it_begins_with_a_users_own_designs() -> None:
    strategy = Start(RandomSearch(Setting(Grammar(), ScoreObjective(), Random(0))), [OWN])
    first = list(strategy.propose(ArchiveView(), 8))  # type: ignore[arg-type]
    assert [proposal.design for proposal in first] == [OWN]
    view = ArchiveView((Entry(OWN, 0.5, 9.0, 20, None, "complete"),))
    assert len(list(strategy.propose(view, 8))) == 8  # type: ignore[arg-type]
    again = Start(RandomSearch(Setting(Grammar(), ScoreObjective(), Random(0))), [OWN])
    assert OWN.id not in {p.design.id for p in again.propose(view, 8)}  # type: ignore[union-attr]


@pytest.mark.slow
async def test_a_search_builds_on_it_and_keeps_to_its_blocks(task, open_scripted) -> None:
    ledger = Ledger(Budget.parse("900calls"))
    settings = Settings("evolution", start=(OWN,), without=("self_consistency", "debate"))
    with Archive(":memory:") as archive:
        async with open_scripted(ledger) as runtime:
            run = Run.of(task, runtime, ledger, archive)
            grammar = grammar_of(run, settings)
            await search(run, settings, name="mine")
        record = archive.run("mine")
        proposals = [archive.design(row["design_id"]) for row in archive.proposals("mine")]
    assert record is not None
    assert record.settings["start"] == [OWN.id]
    assert record.settings["without"] == ["debate", "self_consistency"]
    assert "start_1" in grammar.forms
    tried = [design for design in proposals if design.origin != "baseline"]
    assert tried[0].id == OWN.id
    assert not any(re.search(r"\bdebate\(", design.source) for design in tried)
    assert not any(re.search(r"\bself_consistency\(", design.source) for design in tried[1:])


async def test_a_block_that_there_is_not_is_named(task, open_scripted) -> None:
    ledger = Ledger(Budget.parse("900calls"))
    with Archive(":memory:") as archive:
        async with open_scripted(ledger) as runtime:
            run = Run.of(task, runtime, ledger, archive)
            with pytest.raises(InputError, match="did you mean isolate"):
                grammar_of(run, Settings(without=("isolat",)))


@pytest.mark.slow
def test_what_it_would_spend_is_said_without_a_call(tmp_path: Path) -> None:
    expected = run_forecast("arithmetic", budget="5000calls", archive=":memory:")
    assert expected.calls == 5000
    assert expected.seconds is None
    assert 50 <= expected.val_items <= 200
    assert 0.5 < expected.search_share < 1
    place = str(tmp_path / "archive.db")
    done = CliRunner().invoke(cli, ["search", "arithmetic", "--dry-run", "--json", "--archive", place])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["calls"] == 20000
    assert list(tmp_path.iterdir()) == []  # nothing is made, and nothing begun
    Archive(place).close()
    again = CliRunner().invoke(cli, ["search", "arithmetic", "--dry-run", "--json", "--archive", place])
    assert again.stdout == done.stdout
    with Archive(place) as archive:
        assert archive.runs() == []


async def test_a_model_whose_designs_all_fail_alike_is_asked_no_more() -> None:
    ledger = Ledger(Budget.parse(None))
    meta = Scripted(lambda request: "I would rather not.", "meta", window=100_000)
    async with MontySandbox() as sandbox:
        lm = Budgeted(Scripted(lambda request: "Answer: 3"), ledger)
        designer = Designer(Budgeted(meta, ledger), Runtime({"": lm}, blocks(), sandbox), ledger)
        first = await designer.write_all([Brief("propose", {"shown": [], "failed": []})] * 6)
        asked = len(meta.requests)
        assert len(first) == 6
        assert "holds no code" in designer.stuck
        assert await designer.write_all([Brief("propose", {"shown": [], "failed": []})]) == []
    assert len(meta.requests) == asked


async def test_what_earlier_runs_found_is_shown() -> None:
    def reply(request: Request) -> str:
        return "```python\nasync def workflow(task):\n    return await direct(task)\n```"

    ledger = Ledger(Budget.parse(None))
    meta = Scripted(reply, "meta", window=100_000)
    kind = STRATEGIES.get("meta_agent:whole")
    assert kind.takes_earlier
    async with MontySandbox() as sandbox:
        lm = Budgeted(Scripted(lambda request: "Answer: 3"), ledger)
        designer = Designer(Budgeted(meta, ledger), Runtime({"": lm}, blocks(), sandbox), ledger)
        earlier = (Entry(OWN, 0.8, 9.0, 200, None, "complete"),)
        setting = Setting(Grammar(), ScoreObjective(), Random(0), earlier=earlier, designer=designer)
        strategy = kind(setting)
        view = ArchiveView()
        for _ in range(3):
            proposals = await strategy.propose(view, 8)  # type: ignore[misc]
            view = ArchiveView(
                (*view.entries, *(Entry(p.design, 0.1, 9.0, 20, None, "complete") for p in proposals))
            )
    assert any("Solve it twice." in r.messages[1].content for r in meta.requests)
