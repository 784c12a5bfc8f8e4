"""The whole loop on a scripted model: order, budget, going on, the one look at test."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from masdesign.archive import Archive
from masdesign.errors import InputError, InternalFault
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.records.cache import Cache
from masdesign.registry import overlay
from masdesign.search import Proposal, SearchResult, Settings, Strategy, search
from masdesign.search.events import Event, SearchProgress, Started
from masdesign.search.strategies import STRATEGIES
from masdesign.session.run import Run
from masdesign.session.spec import RunSpec
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task

BUDGET = "800calls"


async def run(
    task: Task,
    open_scripted,
    archive: Archive,
    *,
    budget: str = BUDGET,
    settings: Settings | None = None,
    concurrency: int = 64,
    cache: Cache | None = None,
    name: str = "trial",
    on_event=lambda event: None,
) -> SearchResult:
    ledger = Ledger(Budget.parse(budget))
    async with open_scripted(ledger, concurrency, cache) as runtime:
        opened = Run.of(task, runtime, ledger, archive, on_event)
        return await search(opened, settings or Settings(), name=name)


def canonical(archive: Archive, path: Path) -> bytes:
    archive.export(path, canonical=True)
    return path.read_bytes()


@pytest.mark.slow
async def test_a_search_from_end_to_end(task, open_scripted, tmp_path) -> None:
    events: list[Event] = []
    with Archive(":memory:") as archive:
        found = await run(task, open_scripted, archive, on_event=events.append)
        _check_result(found, archive, task)
    assert events[0] == Started("trial", False)
    phases = [event.phase for event in events if isinstance(event, SearchProgress)]
    assert list(dict.fromkeys(phases))[-2:] == ["search", "test"]


def _check_result(found: SearchResult, archive: Archive, task: Task) -> None:
    assert found.best_val.complete
    assert found.best_val.score > found.baselines[0].val.score
    assert found.best_test.items == found.baselines[0].test.items
    assert [b.name for b in found.baselines] == [
        "direct", "step_by_step", "self_consistency_3", "self_consistency_5", "self_consistency_9",
    ]  # fmt: skip
    assert found.spend.calls <= 800
    assert found.blank_control == 0.0
    assert not found.answers_without_model
    proposals = archive.proposals("trial")
    assert [p["position"] for p in proposals] == list(range(len(proposals)))
    assert [p["design_id"] for p in proposals[:2]] == [direct().id, step_by_step().id]
    assert found.candidates + found.failures == len(proposals)
    assert len({p["design_id"] for p in proposals}) == len(proposals)
    assert {"complete", "screened"} <= {p["stage"] for p in proposals}
    (opening,) = archive.openings("trial")
    assert found.best.id in opening.designs
    assert len(opening.items) == found.best_test.items
    assert archive.run("trial").outcome["best"]["id"] == found.best.id
    first = archive.ranking(task)[0]
    assert archive.best(task.name) == found.best, "the archive names another best than the search"
    assert (first.design_id, first.shrunk) == (found.best.id, found.best_val_shrunk)
    assert first == archive.ranking(task, run="trial")[0]
    tested = {e.design_id for e in archive.evaluations(split="test")}
    assert tested == set(opening.designs)
    assert set(found.to_json()) == {
        "run", "task", "model", "strategy", "candidates", "failures", "spend", "best", "baselines",
        "advantage", "break_even", "claims", "headroom", "frontier", "frontier_val", "cost_unit",
        "model_notes", "test_openings",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["evolution", "portfolio"])
async def test_concurrency_and_going_on_change_nothing(task, open_scripted, tmp_path, strategy) -> None:
    settings = Settings(strategy)
    with Archive(":memory:") as one, Archive(":memory:") as many, Cache.memory() as cache:
        first = await run(task, open_scripted, one, settings=settings, concurrency=1)
        second = await run(task, open_scripted, many, settings=settings, concurrency=256, cache=cache)
        undisturbed = canonical(one, tmp_path / "one")
        assert undisturbed == canonical(many, tmp_path / "many")
        assert first.to_json()["best"] == second.to_json()["best"]
        again = await run(task, open_scripted, many, settings=settings, cache=cache)
        assert canonical(many, tmp_path / "again") == undisturbed
        assert again.spend.calls == second.spend.calls
        assert again.spend.paid_calls == second.spend.paid_calls  # nothing was sent again, and all adds up
        assert again.test_openings == 1


@pytest.mark.slow
@pytest.mark.parametrize("tried", [5, 9])
async def test_an_interrupted_run_goes_on_to_the_same_end(task, open_scripted, tmp_path, tried) -> None:
    with Archive(":memory:") as whole, Archive(":memory:") as archive, Cache.memory() as cache:
        await run(task, open_scripted, whole)

        def stop(event: Event) -> None:
            if isinstance(event, SearchProgress) and event.candidates >= tried:
                searching.cancel()

        searching = asyncio.create_task(run(task, open_scripted, archive, cache=cache, on_event=stop))
        with pytest.raises(asyncio.CancelledError):
            await searching
        await run(task, open_scripted, archive, cache=cache)
        assert canonical(archive, tmp_path / "a") == canonical(whole, tmp_path / "b")


async def test_another_setting_is_another_run(task, open_scripted) -> None:
    with Archive(":memory:") as archive:
        archive.start_run(Settings().spec(RunSpec("", task), task).record("trial", "scripted", {}))
        for settings, what in ((Settings(seed=1), "seed"), (Settings(batch=4), "batch")):
            with pytest.raises(InputError, match=what):
                await run(task, open_scripted, archive, settings=settings)


@pytest.mark.parametrize("budget", ["300calls", "2500tokens"])
async def test_too_small_a_budget_is_refused_before_anything_is_spent(task, open_scripted, budget) -> None:
    with Archive(":memory:") as archive:
        with pytest.raises(InputError, match=r"give at least \d+(calls|tokens)"):
            await run(task, open_scripted, archive, budget=budget)
        assert archive.runs() == []


@pytest.mark.slow
async def test_the_budget_that_the_refusal_names_works(task, open_scripted) -> None:
    with Archive(":memory:") as archive:
        found = await run(task, open_scripted, archive, budget="400calls")
        assert found.spend.calls <= 400
        assert found.best_test.items >= 1


@pytest.mark.slow
async def test_a_budget_in_tokens(task, open_scripted) -> None:
    with Archive(":memory:") as archive:
        found = await run(task, open_scripted, archive, budget="40000tokens")
        assert found.spend.tokens <= 40_000
        assert found.best_test.items == found.baselines[-1].test.items > 0


async def test_an_unlimited_budget_is_refused(task, open_scripted) -> None:
    ledger = Ledger()
    with Archive(":memory:") as archive:
        async with open_scripted(ledger) as runtime:
            with pytest.raises(InputError, match="needs a budget"):
                await search(Run.of(task, runtime, ledger, archive), Settings())


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["advantage", "pareto"])
async def test_other_objectives(task, open_scripted, objective) -> None:
    with Archive(":memory:") as archive:
        found = await run(task, open_scripted, archive, settings=Settings("random", objective))
        assert found.strategy == "random"
        assert found.best.id in {design.id for design in archive.designs()}
        tokens = [archive.summaries(design_id=d.id, split="val")[0].tokens_per_item for d in found.frontier]
        assert tokens == sorted(tokens)


@pytest.mark.slow
async def test_a_small_budget_is_judged_by_what_calls_use(task, open_scripted) -> None:
    """A guess of 300 tokens a call would ask for 180,000: replies of this model are short."""
    with Archive(":memory:") as archive:
        found = await run(task, open_scripted, archive, budget="24000tokens")
        assert 8_000 < found.spend.tokens <= 24_000
        assert found.candidates > 8
        assert found.best_test.items >= 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("proposed", "kind", "message"),
    [
        (["a"], InputError, "strategy 'wrong' proposed 'a'; give Proposal"),
        ([Proposal("a design")], InputError, "strategy 'wrong' proposed Proposal"),  # type: ignore[arg-type]
        (None, InternalFault, "strategy 'wrong' failed .TypeError: 'NoneType'"),
        (iter(()).__next__, InternalFault, "strategy 'wrong' failed .StopIteration"),
    ],
)
async def test_a_strategy_that_is_wrong_is_named_in_one_line(task, open_scripted, proposed, kind, message):
    class Wrong(Strategy):
        """Proposes what is none, or raises."""

        name = "wrong"

        def propose(self, view, n):
            return proposed() if callable(proposed) else proposed

    with overlay(), Archive(":memory:") as archive:
        STRATEGIES.register(Wrong)
        with pytest.raises(kind, match=message) as raised:
            await run(task, open_scripted, archive, settings=Settings("wrong"))
    assert "\n" not in str(raised.value)
