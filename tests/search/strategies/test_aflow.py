"""AFlow: the mixture, the experience, what a prompt holds, and that it needs a model."""

from __future__ import annotations

from random import Random

import pytest

from masdesign.archive import ArchiveView, Entry
from masdesign.building_blocks import blocks
from masdesign.cli import main
from masdesign.errors import InputError
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.lm import Budgeted, Scripted
from masdesign.search.designer import Designer
from masdesign.search.grammar.generate import Grammar
from masdesign.search.objective import ScoreObjective
from masdesign.search.strategies.aflow import AFlow, mixture
from masdesign.search.strategy import Setting
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Failure, Item, Request
from masdesign.workflow import Design, MontySandbox, Runtime

TASK = Task.of(
    "sums",
    train=[Item("t", "train canary: 2 + 1 =", "3")],
    val=[Item("v", "val canary: 7 + 1 =", "8")],
    test=[Item("e", "test canary: 8 + 1 =", "9")],
    description="Add two numbers.",
)


def scored(design: Design, score: float, **fields: object) -> Entry:
    return Entry(design, score, 50.0, 200, None, "complete")


def test_the_mixture_is_part_uniform_and_part_softmax() -> None:
    shares = mixture([0.5, 0.2, 0.2])
    assert sum(shares) == pytest.approx(1)
    assert shares[0] > 0.75
    assert shares[1] == shares[2] >= 0.1
    assert mixture([0.3, 0.3]) == [0.5, 0.5]


def script(request: Request) -> str:
    """The n-th design asks with the n-th role; the third does not work, and is not repaired."""
    number = request.sample
    code = f"async def workflow(task):\n    return await chain_of_thought(task, role='{number}')"
    if number == 2:
        code = "async def workflow(task):\n    return await nothing(task)"
    return f"Thought: t{number}\nName: n{number}\nModification: gave it role {number}\n```python\n{code}\n```"


@pytest.fixture
async def strategy():
    ledger = Ledger(Budget.parse(None))
    meta = Scripted(script, "meta", window=100_000)
    async with MontySandbox() as sandbox:
        lm = Budgeted(Scripted(lambda request: "Answer: 3"), ledger)
        designer = Designer(Budgeted(meta, ledger), Runtime({"": lm}, blocks(), sandbox), ledger, TASK)
        aflow = AFlow(Setting(Grammar(), ScoreObjective(), Random(1), designer=designer))
        aflow.prompts = lambda: [r.messages[1].content for r in meta.requests]  # type: ignore[attr-defined]
        yield aflow


@pytest.mark.slow
async def test_each_change_is_told_as_what_it_was(strategy) -> None:
    first = scored(step_by_step(), 0.4)
    found = await strategy.propose(ArchiveView((first,)), 4)
    assert [p.failure is None for p in found] == [True, True, False, True]
    assert all(p.design.parents == (first.design.id,) and p.design.origin == "aflow" for p in found)
    better, worse, broken, same = (p.design for p in found)
    view = ArchiveView(
        (
            first,
            Entry(better, 0.45, 50.0, 200, None, "complete"),
            Entry(worse, 0.1, 50.0, 24, None, "screened"),
            Entry(broken, None, None, 0, found[2].failure, "failed"),
            Entry(same, 0.41, 50.0, 200, None, "complete"),
        )
    )
    outcomes = {change.told: change.outcome for change in strategy.experience(view, first)}
    assert outcomes["gave it role 0"] == "it helped (0.400 before, 0.450 after, on 200 questions)"
    assert outcomes["gave it role 1"].startswith("it hurt")
    assert outcomes["gave it role 1"].endswith("24 questions, stopped early)")
    assert "nothing" in outcomes["gave it role 2"]
    assert "it failed" in outcomes["gave it role 2"]
    assert "no difference" in outcomes["gave it role 3"]
    await strategy.propose(view, 16)
    told = [prompt for prompt in strategy.prompts() if "gave it role 0: it helped" in prompt]
    assert told
    assert all("gave it role 1: it hurt" in prompt for prompt in told)
    assert not any("rohibited" in prompt for prompt in strategy.prompts())


async def test_a_prompt_holds_train_items_alone_and_one_parent(strategy) -> None:
    view = ArchiveView((scored(step_by_step(), 0.4), scored(direct(), 0.1)))
    await strategy.propose(view, 6)
    for prompt in strategy.prompts():
        assert "train canary" in prompt
        assert "val canary" not in prompt
        assert "test canary" not in prompt
        assert ("Score 0.400" in prompt) != ("Score 0.100" in prompt)


async def test_a_design_that_is_known_is_not_proposed_again(strategy) -> None:
    view = ArchiveView((scored(step_by_step(), 0.4),))
    found = await strategy.propose(view, 2)
    entries = (*view.entries, *(scored(p.design, 0.4) for p in found))
    again = await strategy.propose(ArchiveView(entries), 4)
    assert not {p.design.id for p in again} & {entry.design.id for entry in entries}


async def test_nothing_is_changed_where_nothing_was_scored(strategy) -> None:
    failed = Entry(direct(), None, None, 0, Failure("design", "broken"), "failed")
    assert await strategy.propose(ArchiveView((failed,)), 4) == []


def test_without_a_model_it_is_refused(tmp_path, capsys) -> None:
    with pytest.raises(InputError, match="give a meta-model"):
        AFlow(Setting(Grammar(), ScoreObjective(), Random(0)))
    assert main(["search", "arithmetic", "--strategy=aflow", f"--archive={tmp_path / 'a.db'}"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "give a meta-model" in captured.err
