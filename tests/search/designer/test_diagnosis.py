"""What a designer is told of failing train items, and what never."""

from __future__ import annotations

import re
from random import Random

import pytest

from masdesign.building_blocks import blocks
from masdesign.lm import Budgeted, Scripted
from masdesign.search.designer.diagnosis import Diagnosis, SeenItem, SeenStep, diagnose
from masdesign.search.designer.talk import render
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.vary import mutate
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task, load_task
from masdesign.types import Item, Request
from masdesign.workflow import Design, MontySandbox, Runtime
from masdesign.workflow.gate import Acting

TWO = Design(
    "async def workflow(task):\n"
    "    draft = await chain_of_thought(task)\n"
    "    verdict = await verify(task, draft)\n"
    "    return draft if verdict.ok else await revise(task, draft, verdict.critique)\n"
)
TASK = Task.of(
    "sums",
    train=[Item("a", "train 1 + 2 =", "3"), Item("b", "train 2 + 2 =", "4")],
    val=[Item("v", "val canary 4 + 4 =", "8")],
    test=[Item("t", "test canary 5 + 5 =", "10")],
)


def reply(request: Request) -> str:
    """Solves the first, is talked out of it, and never solves the second."""
    prompt = request.messages[-1].content
    if "Check the solution" in prompt:
        return "Mistake: the sum.\nVerdict: wrong"
    if "Critique:" in prompt:
        return "Answer: 9"
    return "Answer: 3" if "1 + 2" in prompt else "Answer: 7"


async def test_it_sees_what_was_done_where_the_design_acts() -> None:
    task = load_task("mend", items=2, difficulty=1)
    design = Design("async def workflow(task):\n    return await agent(task, max_steps=3)\n")

    def play(request: Request) -> str:
        return "Answer: done" if len(request.messages) > 1 else "Action: test[]"

    async with MontySandbox() as sandbox:
        acting = Acting(task.environment)
        runtime = Runtime({"": Scripted(play, window=9_000)}, blocks(), sandbox, acting=acting)
        diagnosis = await diagnose(design, task, runtime, Ledger(Budget.parse(None)))
    assert diagnosis is not None
    assert diagnosis.failing
    (step,) = diagnosis.failing[0].steps
    assert re.fullmatch(r"done; test\[\] -> \w+ is wrong\. It should be \w+ [+-]\d\.", step.text)
    assert "Right answer: (none is given)" in render(
        "_diagnosis", {"diagnosis": diagnosis, "diagnosed": "it"}
    )


async def test_it_sees_what_every_step_said_and_where_the_run_departed() -> None:
    ledger = Ledger(Budget.parse(None))
    lm = Scripted(reply)
    async with MontySandbox() as sandbox:
        runtime = Runtime({"": Budgeted(lm, ledger)}, blocks(), sandbox)
        diagnosis = await diagnose(TWO, TASK, runtime, ledger)
        unread = await diagnose(Design("async def workflow(task):\n    return gone"), TASK, runtime, ledger)
    assert unread is None
    assert diagnosis is not None
    assert (diagnosis.items, diagnosis.right, len(diagnosis.failing)) == (2, 0, 2)
    first, second = diagnosis.failing
    assert [(s.block, s.right) for s in first.steps] == [
        ("chain_of_thought", True),
        ("verify", False),
        ("revise", False),
    ]
    assert first.departed == "chain_of_thought was right, and verify after it was not"
    assert diagnosis.blame == {"chain_of_thought": 0.5, "verify": 0.5}
    assert second.departed == "chain_of_thought was wrong already"
    assert {block for block, _ in diagnosis.costs} == {"chain_of_thought", "verify", "revise"}
    assert ledger.spend.calls == 6
    told = render("_diagnosis", {"diagnosis": diagnosis, "diagnosed": "two"})
    assert "Right answer: 3" in told
    assert "Where it departed: chain_of_thought was right" in told
    assert "canary" not in told + str(lm.requests)


def seen(*steps: tuple[str, bool | None]) -> SeenItem:
    """A failing item on which blocks gave what is right, wrong or not to be scored."""
    return SeenItem("q", "1", "2", False, "", tuple(SeenStep(block, "", right, 9) for block, right in steps))


@pytest.mark.parametrize(
    ("steps", "blame"),
    [
        ([("chain_of_thought", True), ("verify", False), ("revise", False)], {"verify": 1.0}),
        ([("chain_of_thought", False), ("revise", False)], {"chain_of_thought": 1.0}),
        ([("chain_of_thought", True)], {"": 1.0}),
        (
            [("split_question", None), ("merge_answers", False)],
            dict.fromkeys(("", "split_question", "merge_answers"), 1 / 3),
        ),
        ([("retrieve", None), ("direct", True), ("revise", False)], {"revise": 1.0}),
        ([("direct", True), ("direct", False)], {"": 0.5, "direct": 0.5}),
    ],
)
def test_what_no_score_can_tell_shares_the_blame(steps, blame) -> None:
    assert Diagnosis((seen(*steps),), ()).blame == pytest.approx(blame)


def test_a_design_of_unscored_parts_is_changed_as_if_blind() -> None:
    """With nothing to tell which step is at fault, each is as likely."""
    item = seen(("split_question", None), ("chain_of_thought", None), ("merge_answers", False))
    grammar = Grammar()
    tree = grammar.parse("merge(each(split_question(), chain_of_thought()), merge_answers())")
    blame = Diagnosis((item,), ()).blame
    blind, aimed = ([mutate(tree, grammar, Random(n), b) for n in range(40)] for b in (None, blame))
    assert [str(new) for new in blind] == [str(new) for new in aimed]


def test_a_change_falls_where_the_blame_is() -> None:
    grammar = Grammar()
    tree = grammar.parse("retry(direct(), verify(), chain_of_thought())")

    def changed(blame: dict[str, float] | None) -> float:
        """Share of mutations after which the verification is another, or has something around it."""
        rng = Random(0)
        trees = [mutate(tree, grammar, rng, blame) for _ in range(120)]
        return sum(new is not None and new.parts[1:2] != tree.parts[1:2] for new in trees) / 120

    blind, aimed = changed(None), changed({"verify": 1.0})
    assert aimed > 1.5 * blind
    assert changed({"gone": 1.0}) == blind
