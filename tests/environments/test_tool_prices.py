"""A tool that says what a call costs: the price is in the item's cost, in budgets and in reports."""

from __future__ import annotations

from statistics import fmean

import pytest

import masdesign as md
from masdesign.environments import Toolbox, tool
from masdesign.errors import InputError
from masdesign.evaluation import EvaluationCut, session
from masdesign.evaluation import evaluate as evaluate_design
from masdesign.lm import LM, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.spending.price import Price
from masdesign.tasks import Task
from masdesign.types import Item, Request

PRICE = 0.002


@tool(price=PRICE)
async def look_up(n: int) -> str:
    """The square of a number."""
    return str(n * n)


def reply(request: Request) -> str:
    """Looks the square up, then gives it."""
    prompt = "\n".join(message.content or "" for message in request.messages)
    seen = [line for line in prompt.splitlines() if line.strip().isdigit() or line.startswith("Observation")]
    number = prompt.split("square of ")[1].split("?")[0]
    return f"Answer: {int(number) ** 2}" if seen else f'Action: look_up[{{"n": {number}}}]'


def task(count: int = 60) -> Task:
    items = [Item(f"i{n}", f"What is the square of {n}?", str(n * n)) for n in range(2, count + 2)]
    third = count // 3
    parts = {"train": items[:third], "val": items[third : 2 * third], "test": items[2 * third :]}
    return Task.of("squares", **parts, scorer="numeric", environment=Toolbox([look_up]))


@pytest.fixture
def evaluate(monkeypatch, tmp_path):
    def load(name: str, *, cache: Cache, concurrency: int, **_: object) -> LM:
        lm = Scripted(reply)
        lm.price = Price(0.0, 0.0)
        return Cached(Limited(lm, concurrency), cache)

    monkeypatch.setattr(session, "load_lm", load)
    design = md.Design("async def workflow(task):\n    return await agent(task, max_steps=3)")

    async def run(budget=None):
        spec = md.RunSpec("evaluate", task(), "m", 0, 0, conduct=md.Conduct(budget))
        async with (
            md.Session.open(archive=tmp_path / "archive.db") as opened,
            opened.run(spec) as run,
        ):
            outcome = await evaluate_design(design, run.task, "val", run.runtime, ledger=run.ledger)
            await run.ledger.aclose()
            return outcome, run.ledger.spend

    return run


@pytest.mark.slow
async def test_each_call_is_in_the_cost_of_its_item_and_in_the_spend(evaluate) -> None:
    first, spend = await evaluate()
    assert fmean(first.scores.values()) == 1.0
    assert first.usd_per_item == pytest.approx(PRICE)
    assert spend.usd == pytest.approx(20 * PRICE)
    assert spend.paid_usd == pytest.approx(20 * PRICE)
    assert spend.calls == 40  # of the model: a tool's call is none


@pytest.mark.slow
async def test_a_recorded_call_is_charged_and_not_paid_again(evaluate) -> None:
    await evaluate()
    again, spend = await evaluate()
    assert again.usd_per_item == pytest.approx(PRICE)
    assert spend.paid_usd == 0


async def test_a_budget_in_usd_ends_before_a_call_that_it_does_not_cover(evaluate) -> None:
    with pytest.raises(EvaluationCut) as cut:
        await evaluate(f"{5.5 * PRICE}usd")
    assert len(cut.value.partial.results) == 5


@pytest.mark.parametrize("price", [-0.1, float("nan"), float("inf")])
def test_what_is_no_price_is_refused(price) -> None:
    with pytest.raises(InputError, match="is no price; give USD a call"):
        tool(price=price)(lambda: "")
