"""What a new run takes over from the archive, and that a run keeps what it took."""

from __future__ import annotations

from dataclasses import replace

import pytest

from masdesign.archive import Archive
from masdesign.evaluation.evaluator import empty_evaluation
from masdesign.experiments.baselines import step_by_step
from masdesign.search import Settings, search
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.replay import begin_as
from masdesign.search.transfer import seeds_of, transferable
from masdesign.session.run import Run
from masdesign.session.spec import RunSpec
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Answer, Item, Result
from masdesign.workflow import Design

GRAMMAR = Grammar(tools=("python",))
GOOD = design_of(GRAMMAR.parse("self_consistency(n=4)"), origin="evolution")
FAIR = design_of(GRAMMAR.parse("universal_self_consistency(n=4)"), origin="evolution")
OTHER = design_of(GRAMMAR.parse("self_consistency(n=7)"), origin="evolution")
DEAR = Design("async def workflow(task):\n    return await self_consistency(task, n=40)", origin="file")
UNKNOWN = Design("async def workflow(task):\n    return await direct(task, model='large')", origin="file")
BASE = step_by_step()


def another(name: str, **more) -> Task:
    items = [Item(f"{name}{i}", f"{name} {i} + 1 =", str(i + 1)) for i in range(10)]
    return Task.of(name, val=items, test=items, **more)


def evaluated(archive: Archive, task: Task, design: Design, right: int, runtime) -> None:
    results = [Result(item.id, Answer(item.target), float(i < right)) for i, item in enumerate(task.val)]
    archive.add_design(design)
    archive.add_evaluation(empty_evaluation(design, task, "val", runtime).extended(results))


@pytest.fixture
async def runtime(open_scripted):
    async with open_scripted(Ledger()) as runtime:
        yield runtime


async def test_the_best_of_similar_tasks_and_nothing_of_this_one(task, runtime) -> None:
    similar, with_tool = another("similar"), another("programs", tools=["python"])
    with Archive(":memory:") as archive:
        for kept, design, right in (
            (task, FAIR, 12), (similar, BASE, 10), (similar, OTHER, 8), (similar, GOOD, 3),
            (similar, DEAR, 9), (similar, UNKNOWN, 9),
        ):  # fmt: skip
            evaluated(archive, kept, design, right, runtime)
        archive.start_run(Settings().spec(RunSpec("", with_tool), with_tool).record("p", "scripted", {}))
        evaluated(
            archive, with_tool, design_of(GRAMMAR.parse("chain_of_thought(temperature=0.5)")), 10, runtime
        )
        found = transferable(archive, task, runtime)
        assert [design.id for design in found] == [OTHER.id, GOOD.id]
        assert [design.id for design in transferable(archive, task, runtime, most=1)] == [OTHER.id]


@pytest.mark.parametrize("later", ["distil:rewrite", "compare"])
async def test_what_was_done_with_a_task_later_does_not_hide_its_tools(task, runtime, later) -> None:
    with_tool = another("programs", tools=["python"])
    with Archive(":memory:") as archive:
        searched = Settings().spec(RunSpec("", with_tool), with_tool).record("p", "scripted", {})
        archive.start_run(searched)
        evaluated(archive, with_tool, design_of(GRAMMAR.parse("write_program()")), 10, runtime)
        archive.start_run(replace(searched, name="later", strategy=later, settings={"world": 0}))
        assert transferable(archive, task, runtime) == []
        assert len(transferable(archive, replace(task, tools=frozenset({"python"})), runtime)) == 1


async def test_a_run_that_goes_on_keeps_what_it_began_with(task, runtime) -> None:
    similar = another("similar")
    with Archive(":memory:") as archive:
        evaluated(archive, similar, FAIR, 6, runtime)
        seeds = seeds_of(archive, "", task, runtime)
        archive.start_run(
            Settings("portfolio")
            .spec(RunSpec("", task), task, seeds=[d.id for d in seeds])
            .record("mine", "scripted", {})
        )
        evaluated(archive, similar, GOOD, 9, runtime)
        assert seeds_of(archive, "mine", task, runtime) == [FAIR]
        assert [d.id for d in seeds_of(archive, "", task, runtime)] == [GOOD.id, FAIR.id]


@pytest.mark.slow
@pytest.mark.parametrize("transfer", [True, False])
async def test_a_search_begins_with_them_unless_told_not_to(task, open_scripted, transfer) -> None:
    with Archive(":memory:") as archive:
        archive.add_design(OTHER)
        ledger = Ledger(Budget.parse("700calls"))
        async with open_scripted(ledger) as runtime:
            evaluated(archive, another("similar"), OTHER, 9, runtime)
            settings = Settings("portfolio", transfer=transfer)
            await search(Run.of(task, runtime, ledger, archive), settings, name="new")
        ids = [proposal["design_id"] for proposal in archive.proposals("new")]
        baselines = 7
        assert (ids[baselines] == OTHER.id) is transfer
        assert archive.run("new").settings.get("seeds", []) == [OTHER.id] * transfer


async def test_a_replay_begins_with_what_the_run_began_with(task, runtime) -> None:
    similar = another("similar")
    with Archive(":memory:") as archive, Archive(":memory:") as fresh:
        evaluated(archive, similar, FAIR, 6, runtime)
        record = Settings("portfolio").spec(RunSpec("", task), task, seeds=[FAIR.id])
        record = record.record("mine", "scripted", {})
        archive.start_run(record)
        archive.finish_run("mine", {})
        begin_as(archive.run("mine"), archive, fresh)
        assert seeds_of(fresh, "mine", task, runtime) == [FAIR]
        assert fresh.run("mine").outcome is None
        assert fresh.start_run(record) == "mine"
