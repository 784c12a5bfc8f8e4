"""What is said and asked before money is spent, and whether it was worth it."""

from __future__ import annotations

import asyncio

import pytest

from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.errors import InputError
from masdesign.evaluation import Evaluation
from masdesign.experiments.curve import Curve, Point
from masdesign.lm import Budgeted, Scripted
from masdesign.search import Settings, search
from masdesign.search.events import Note
from masdesign.search.look.break_even import break_even
from masdesign.search.loop.estimate import estimate
from masdesign.search.loop.reserve import check_bounds
from masdesign.session.run import Run
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.spending.price import Price
from masdesign.spending.spend import Spend
from masdesign.tasks import Task
from masdesign.types import Answer, Result, Usage
from masdesign.workflow import MontySandbox, Runtime


class Declined(Exception):
    pass


def decline(question: str) -> None:
    raise Declined(question)


def model(price: Price | None = None) -> Scripted:
    found = Scripted(lambda request: "Answer: 1", window=4096)
    if price is not None:
        found.price = price
    return found


def test_a_dear_model_is_asked_about_and_a_free_one_or_a_small_budget_is_not(task) -> None:
    dear, free = {"": model(Price(3.0, 15.0))}, {"": model(Price(0.0, 0.0))}
    found = estimate(Budget.parse("20000calls"), task, dear)
    assert found.calls == 20000
    assert 20 < found.usd < 200
    assert found.asks
    assert "20,000 calls" in str(found)
    assert not estimate(Budget.parse("20calls"), task, dear).asks
    assert estimate(Budget.parse("20000calls"), task, free).usd == 0
    assert not estimate(Budget.parse("20000calls"), task, free).asks


def test_a_budget_in_usd_is_consent_and_an_unknown_price_is_none(task) -> None:
    assert not estimate(Budget.parse("50usd"), task, {"": model(Price(3.0, 15.0))}).asks
    unknown = estimate(Budget.parse("20000calls"), task, {"": model()})
    assert unknown.asks
    assert "unknown number of USD" in str(unknown)
    assert not estimate(Budget.parse("500calls"), task, {"": model()}).asks
    assert estimate(Budget.parse("2Mtokens"), task, {"": model()}).calls > 1000


async def test_declining_ends_the_run_before_anything_is_spent(task, open_scripted) -> None:
    ledger = Ledger(Budget.parse("5000calls"))  # of a model whose price is not known
    with Archive(":memory:") as archive:
        async with open_scripted(ledger) as runtime:
            with pytest.raises(Declined, match="may spend about 5,000 calls"):
                await search(Run.of(task, runtime, ledger, archive), Settings(), confirm=decline)
        assert ledger.spend.calls == 0
        assert archive.runs() == []


@pytest.mark.slow
async def test_a_saturated_task_is_said_to_be_so_before_the_search_spends(task, open_scripted) -> None:
    easy = Task.of(  # the scripted model is right by steps on these items
        "easy",
        train=task.train,
        val=await _answered(task, open_scripted),
        test=task.make("test"),
    )
    notes: list[str] = []
    ledger = Ledger(Budget.parse("700calls"))
    with Archive(":memory:") as archive:
        async with open_scripted(ledger) as runtime:
            run = Run.of(easy, runtime, ledger, archive, _keep(notes))
            with pytest.raises(Declined, match="pointless"):
                await search(run, Settings(), confirm=decline)
        assert len(archive.proposals(archive.runs()[0].name)) <= 7  # the plain ways alone
    assert any("an oracle over 9 draws 1.00" in note for note in notes)
    assert any("cannot be seen" in note for note in notes)
    assert any("a search would be pointless" in note for note in notes)


async def _answered(task: Task, open_scripted) -> list:
    from masdesign.evaluation import evaluate
    from masdesign.experiments.votes import self_consistency_design

    async with open_scripted(Ledger()) as runtime:
        found = await evaluate(self_consistency_design(9), task, "val", runtime)
    return [item for item in task.val if found.scores[item.id] == 1.0]


def _keep(notes: list[str]):
    return lambda event: notes.append(event.text) if isinstance(event, Note) else None


def scored(right: int, tokens: int, calls: int = 1) -> Evaluation:
    results = tuple(
        Result(str(i), Answer(""), float(i < right), Usage(tokens, 0, tokens / 1e6), calls)
        for i in range(100)
    )
    return Evaluation("d", "t", "1", "test", "m", 0, "", 100, results)


CURVE = Curve(
    (Point("step_by_step", None, scored(50, 100)), Point("self_consistency_9", 9, scored(60, 900, 9))), 0.0
)
SPEND = Spend(calls=9000, tokens=900_000, usd=0.9)


def test_a_cheaper_equal_pays_itself_back() -> None:
    found = break_even(scored(60, 500, 5), CURVE, SPEND, "tokens")
    assert (found.against, found.gain, found.saving, found.items) == ("self_consistency_9", 0.0, 400.0, 2250)
    assert "900,000 tokens; an item costs 400 tokens less" in str(found)
    assert break_even(scored(60, 500, 5), CURVE, SPEND, "calls").items == 2250
    assert break_even(scored(60, 500, 5), CURVE, SPEND, "usd").items == 2250


def test_a_better_one_has_a_price_for_each_right_answer() -> None:
    found = break_even(scored(70, 1900), CURVE, SPEND, "tokens")
    assert (found.against, found.items) == ("self_consistency_9", None)
    assert found.gain == pytest.approx(0.1)
    assert "100 more right answers in 1000 items" in str(found)
    assert "1,000 tokens more an item" in str(found)
    assert "each costs 19,000 tokens" in str(found)  # 900,000 / 100 + 1,000 * 1000 / 100


def test_no_gain_and_no_saving_is_not_paid_back() -> None:
    found = break_even(scored(55, 950), CURVE, SPEND, "min")
    assert (found.unit, found.against, found.items) == ("tokens", "self_consistency_9", None)
    assert "not paid back" in str(found)


async def test_a_budget_in_usd_is_refused_where_nothing_costs_any(task, open_scripted) -> None:
    ledger = Ledger(Budget.parse("5usd"))
    async with MontySandbox() as sandbox:
        models = {"": Budgeted(model(Price(0.0, 0.0)), ledger)}
        runtime = Runtime(models=models, blocks=blocks(), sandbox=sandbox)
        with Archive(":memory:") as archive:
            with pytest.raises(InputError, match="5usd would never be used up"):
                await asyncio.wait_for(search(Run.of(task, runtime, ledger, archive), Settings()), 20)
            assert archive.runs() == []
    check_bounds(ledger.budget, [models[""], model(Price(3.0, 15.0))])  # a designer that costs
    check_bounds(Budget.parse("5calls"), [models[""]])


def test_the_tokens_of_a_model_that_writes_designs_are_in_the_estimate(task) -> None:
    plain, meta = {"": model(Price(3.0, 15.0))}, model(Price(3.0, 15.0))
    alone, designed = (estimate(Budget.parse("2000calls"), task, plain, m) for m in (None, meta))
    assert designed.calls == alone.calls
    assert designed.tokens > 1.5 * alone.tokens
    assert designed.usd > 1.2 * alone.usd
    assert estimate(Budget.parse("2000calls"), task, plain, model()).usd is None
    assert (
        estimate(Budget.parse("1Mtokens"), task, plain, meta).calls
        < estimate(Budget.parse("1Mtokens"), task, plain).calls
    )
