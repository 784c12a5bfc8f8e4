"""What a designer may look up: what was tried, one design, what its steps said on train items; no more."""

from __future__ import annotations

import pytest

from masdesign.archive.view import ArchiveView, Entry
from masdesign.building_blocks import blocks
from masdesign.lm import Budgeted, Scripted
from masdesign.search.designer import Brief, Designer
from masdesign.search.designer.diagnosis import LOOKS, Lookup
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item
from masdesign.workflow import Design, MontySandbox, Runtime

TASK = Task.of(
    "sums",
    train=[Item("a", "train 1 + 2 =", "3"), Item("b", "train 2 + 2 =", "4")],
    val=[Item("v", "val canary 4 + 4 =", "888")],
    test=[Item("t", "test canary 5 + 5 =", "999")],
)
ONE = Design("async def workflow(task):\n    return await chain_of_thought(task)\n", "one chain")
VIEW = ArchiveView((Entry(ONE, 0.25, 100.0, 40, None, "complete"),))
CODE = "async def workflow(task):\n    return await direct(task)"
NEW = f"Thought: shorter.\nName: at once\n```python\n{CODE}\n```"


async def conversation(replies: list[str]) -> tuple[Designer, Scripted, str]:
    """A designer that says these replies one after the other, having ``ONE`` diagnosed and shown."""
    said = iter(replies)
    ledger, meta = Ledger(Budget.parse(None)), Scripted(lambda _: next(said), "meta", window=100_000)
    async with MontySandbox() as sandbox:
        lm = Budgeted(Scripted(lambda _: "Adding up.\nAnswer: 3"), ledger)
        runtime = Runtime({"": lm}, blocks(), sandbox)
        designer = Designer(Budgeted(meta, ledger), runtime, ledger, TASK)
        await designer.diagnoses.of(ONE)
        designer.show(VIEW)
        written = await designer.write(Brief("propose", {"shown": [], "failed": []}))
    return designer, meta, written.design.name


async def test_it_reads_designs_scores_and_traces_and_then_writes() -> None:
    asks = ["Look up: designs", f"Look up: design {ONE.id}", "Look up: training one chain",
            "**Look up: training one chain, item 2**"]  # fmt: skip
    designer, meta, name = await conversation([*asks, NEW])
    assert name == "at once"
    first, *told = [request.messages[-1].content for request in meta.requests]
    assert f"at most {LOOKS} times" in first
    assert f"{ONE.id}* one chain: 0.250 on 40 questions, 100 tokens" in told[0]
    assert "await chain_of_thought(task)" in told[1]
    assert "1. right: train 1 + 2" in told[2]
    assert "2. wrong: train 2 + 2" in told[2]
    assert "Right answer: 4\n- chain_of_thought (wrong)" in told[3]
    assert "Now write the design" in told[3]
    assert not any(leak in str(meta.requests) for leak in ("canary", "888", "999"))
    assert set(designer.diagnoses.made) == {ONE.id}


async def test_it_looks_no_more_often_than_it_may() -> None:
    asks = ["Look up: designs"] * (LOOKS + 1)
    _, meta, name = await conversation([*asks, NEW])
    assert name == "at once"
    assert "holds no code" in meta.requests[-1].messages[-1].content


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("Look up: design nothing", "There is no design 'nothing'. The designs:"),
        ("Look up: training", "There is no design ''."),
        ("Look up: training one chain, item 99", "not on file"),
        ("I would look up designs.", None),
        ("Look up: test", None),
        (f"Look up: designs\n{NEW}", None),
    ],
)
def test_what_is_asked_wrongly_is_told_or_is_no_look_up(reply: str, told: str | None) -> None:
    designer = Designer(Scripted(lambda _: "", "meta"), Runtime({}, {}, None), Ledger(Budget.parse(None)))  # type: ignore[arg-type]
    answer = Lookup(VIEW, designer.diagnoses).answer(reply)
    assert answer is None if told is None else told in (answer or "")
