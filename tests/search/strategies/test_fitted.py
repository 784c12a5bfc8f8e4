"""What is fitted on `train`: each mechanism happens, and what was learnt stands in the design."""

from __future__ import annotations

import re
from random import Random

import pytest

from masdesign.archive.view import ArchiveView, Entry
from masdesign.building_blocks import blocks
from masdesign.evaluation import evaluate
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.experiments.fired import fired
from masdesign.lm import Budgeted, Repertoire, Scripted
from masdesign.search.grammar.generate import Grammar
from masdesign.search.objective import ScoreObjective
from masdesign.search.practice import Practice
from masdesign.search.strategies.fitted import Fitted
from masdesign.search.strategy import Setting
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item, Question, Request
from masdesign.workflow import MontySandbox, Runtime, run_item


def items(name: str, count: int) -> list[Item]:
    """By turns a sum, which takes steps, and a tale, whose answer has to be given at once."""
    return [
        Item(f"{name}{i}", f"{name} sum: {i} + 1 =", str(i + 1), record={"target": str(i + 1), "kind": "sum"})
        if i % 2
        else Item(f"{name}{i}", f"{name} tale {i}: who fell?", f"K{i}", record={"target": "", "kind": "tale"})
        for i in range(count)
    ]


TASK = Task.of("two", train=items("train", 40), val=items("val", 12), scorer="exact")


def reply(request: Request, always: bool = False) -> str:
    """A judge that lets one error in three pass, a solver that is right on either kind in one way alone."""
    prompt = request.messages[-1].content
    asked = re.search(r"(sum:|tale) (\d+)", prompt)
    assert asked
    is_sum, number = asked[1] == "sum:", int(asked[2])
    right = str(number + 1) if is_sum else f"K{number}"
    if "Kinds:" in prompt:
        return f"Kind: {'sum' if is_sum else 'tale'}"
    if "Check the solution" in prompt:
        return f"Verdict: {'right' if f'Answer: {right}' in prompt or request.sample == 0 else 'wrong'}"
    if "Split" in prompt:
        return "No parts."
    return f"Answer: {right if always or is_sum != ('at once' in prompt) else 'nobody'}"


@pytest.fixture
async def runtime():
    ledger = Ledger(Budget.parse(None))
    async with MontySandbox() as sandbox:
        yield Runtime({"": Budgeted(Scripted(reply), ledger)}, blocks(), sandbox), ledger


def setting(runtime, ledger, grammar=None):
    return Setting(
        grammar or Grammar(), ScoreObjective(), Random(0), practice=Practice(TASK, runtime, ledger)
    )


@pytest.fixture
async def proposed(runtime):
    """The fitted designs by the first words of their names, and what each scores on val."""
    strategy = Fitted(setting(*runtime))
    view = tuple(Entry(design, 0.5, 50.0, 12, None, "complete") for design in (direct(), step_by_step()))
    first = [proposal.design for proposal in strategy.propose(ArchiveView(view), 4)]
    view += tuple(Entry(design, 0.4, 90.0, 12, None, "complete") for design in first)
    designs = [proposal.design for proposal in await strategy.propose(ArchiveView(view), 8)]
    assert len(designs) == 8
    assert all(design.origin == "fitted" for design in designs)
    again = strategy.propose(ArchiveView(view), 2)
    assert not hasattr(again, "__await__")  # it fits once
    evaluations = [await evaluate(design, TASK, "val", runtime[0]) for design in designs]
    return {d.name.partition(":")[0]: (d, e.score) for d, e in zip(designs, evaluations, strict=True)}


@pytest.mark.slow
async def test_each_mechanism_is_fitted_and_happens(proposed, runtime) -> None:
    router, score = proposed["router"]
    assert score == 1.0
    assert "in task.question.lower()" in router.source or "split()" in router.source
    assert len(router.parents) == 2
    match, score = proposed["measured profiles"]
    assert score == 1.0
    assert "kinds=['sum', 'tale'], scores=[[" in match.source
    doubt, score = proposed["calibrated doubt"]
    assert score == 1.0
    assert "trust=[0." in doubt.source
    assert "hand-over at a step" in proposed
    for name, block in [("measured profiles", "capability_match"), ("calibrated doubt", "fast_and_slow")]:
        outcome = await run_item(proposed[name][0], Question("val sum: 3 + 1 ="), runtime[0])
        assert fired(block, outcome.trace.root)


@pytest.mark.slow
async def test_nothing_is_proposed_that_train_does_not_show(runtime) -> None:
    """Where one way is right on everything, there is nothing to route, to match or to doubt."""
    opened, ledger = runtime
    always = Scripted(lambda request: reply(request, always=True))
    flat = Runtime({"": Budgeted(always, ledger)}, blocks(), opened.sandbox)
    strategy = Fitted(setting(flat, ledger))
    view = (Entry(direct(), 0.5, 50.0, 12, None, "complete"),)
    view += tuple(
        Entry(p.design, 0.5, 9.0, 12, None, "complete") for p in strategy.propose(ArchiveView(view), 8)
    )
    names = {
        proposal.design.name.partition(":")[0] for proposal in await strategy.propose(ArchiveView(view), 4)
    }
    assert names.isdisjoint({"router", "measured profiles", "calibrated doubt"})


async def test_practice_sees_train_alone_and_a_failing_provider_is_no_score(runtime) -> None:
    opened, ledger = runtime
    practiced = await Practice(TASK, opened, ledger)(step_by_step())
    assert [one.item for one in practiced] == list(TASK.train)
    assert [one.score for one in practiced] == [float(i % 2) for i in range(40)]

    def outage(request: Request) -> str:
        raise ConnectionError("no route")

    down = Runtime({"": Budgeted(Scripted(outage), ledger)}, blocks(), opened.sandbox)
    assert {one.score for one in await Practice(TASK, down, ledger)(step_by_step())} == {None}


@pytest.mark.slow
async def test_a_model_of_recorded_answers_fits_a_router_alone(runtime) -> None:
    limited = Grammar(repertoires={"": Repertoire(frozenset({"chain_of_thought", "direct"}), draws=8)})
    strategy = Fitted(setting(*runtime, limited))
    view = tuple(Entry(design, 0.5, 50.0, 12, None, "complete") for design in (direct(), step_by_step()))
    view += tuple(
        Entry(p.design, 0.4, 9.0, 12, None, "complete") for p in strategy.propose(ArchiveView(view), 1)
    )
    found = [
        proposal.design.name.partition(":")[0] for proposal in await strategy.propose(ArchiveView(view), 3)
    ]
    assert found[0] == "router"
    assert not {"measured profiles", "calibrated doubt", "hand-over at a step"} & set(found)
