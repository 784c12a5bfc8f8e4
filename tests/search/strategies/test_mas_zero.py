"""MAS-Zero as a strategy: every variant is well-formed, as cheap as it says, and does what it says."""

from __future__ import annotations

from random import Random

import pytest

from masdesign.archive.view import ArchiveView, Entry
from masdesign.building_blocks import blocks
from masdesign.lm import Repertoire, Scripted
from masdesign.search.grammar.generate import Grammar
from masdesign.search.objective import ScoreObjective
from masdesign.search.strategies.mas_zero import MasZero, Procedure, _procedures
from masdesign.search.strategy import Setting
from masdesign.types import Question, Request
from masdesign.workflow import MontySandbox, Runtime, call_bound, check, run_item


def strategy(grammar: Grammar | None = None) -> MasZero:
    return MasZero(Setting(grammar or Grammar(), ScoreObjective(), Random(0)))


def test_there_are_many_variants_within_the_bound_and_each_differs() -> None:
    found = _procedures(Grammar().max_calls)
    assert len(found) > 150
    assert len({p.design().id for p in found}) == len({p.name for p in found}) == len(found)
    for chance in Random(1).sample(found, 12):
        assert check(chance.design(), blocks()).call_bound == chance.calls


@pytest.mark.parametrize("reflects", [False, True])
@pytest.mark.parametrize("in_order", [False, True])
def test_what_each_costs_is_what_it_says(in_order: bool, reflects: bool) -> None:
    for final in ("a vote", "the judged-right first", "a choice"):
        procedure = Procedure("step by step and a vote of 3", 2, "by a vote of 3", in_order, reflects, final)
        assert call_bound(procedure.design(), blocks()) == procedure.calls


def reply(request: Request) -> str:
    """Solves parts only, and Bob's only at the second attempt, with Ann's answer in sight."""
    prompt = request.messages[-1].content
    if "Split it into" in prompt:
        return "Question 1: Ann's pens?\nQuestion 2: Bob's pens?"
    if "Check the solution" in prompt:
        return f"Verdict: {'wrong' if 'Answer: 9' in prompt else 'right'}"
    if "Critique:" in prompt:
        return "Answer: 20" if "Ann's pens? 3" in prompt else "Answer: 19"
    if "Answer 2:" in prompt:
        return "Answer: 23" if "Answer 2: 20" in prompt else "Answer: 8"
    return "Answer: 3" if "Problem: Ann" in prompt else "Answer: 9"


@pytest.mark.parametrize(
    ("procedure", "answer"),
    [
        (Procedure(final="the judged-right first"), "8"),
        (Procedure(final="the judged-right first", in_order=True, reflects=True), "23"),
        (Procedure(whole="no draft", final="the parts' answer", in_order=True, reflects=True), "23"),
        (Procedure(whole="no draft", final="the parts' answer", reflects=True), "8"),
        (Procedure(whole="step by step and a vote of 3", final="a vote"), "9"),
    ],
)
async def test_it_splits_reflects_and_verifies(procedure: Procedure, answer: str) -> None:
    async with MontySandbox() as sandbox:
        runtime = Runtime({"": Scripted(reply)}, blocks(), sandbox)
        found = await run_item(procedure.design(), Question("All pens?"), runtime)
    assert found.failure is None
    assert found.answer is not None
    assert found.answer.text == answer
    assert found.calls <= procedure.calls


def test_later_designs_change_one_thing_of_a_good_one() -> None:
    """In a world where reflection pays, it is proposed more and more."""
    mas_zero, entries = strategy(), tuple[Entry, ...]()
    for _ in range(8):
        found = [proposal.design for proposal in mas_zero.propose(ArchiveView(entries), 8)]
        scored = [Entry(d, float("revise(" in d.source), 50.0, 200, None, "complete") for d in found]
        entries += tuple(scored)
    share = [sum(e.score or 0.0 for e in part) / len(part) for part in (entries[:16], entries[-16:])]
    assert share[1] > share[0]
    children = [e.design for e in entries if e.design.parents]
    assert len(children) > 20
    ids = {e.design.id for e in entries}
    assert all(set(child.parents) <= ids for child in children)


def test_a_model_that_cannot_be_asked_to_split_gets_nothing() -> None:
    grammar = Grammar(repertoires={"": Repertoire(frozenset({"chain_of_thought"}), draws=1)})
    assert list(strategy(grammar).propose(ArchiveView(), 8)) == []
