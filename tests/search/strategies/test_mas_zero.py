"""MAS-Zero as a strategy: procedures that split, solve, reflect and verify, and what is bred from them."""

from __future__ import annotations

from random import Random

import pytest

from masdesign.archive.view import ArchiveView, Entry
from masdesign.building_blocks import blocks
from masdesign.lm import Repertoire, Scripted
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.objective import ScoreObjective
from masdesign.search.strategies.mas_zero import FOUNDERS, MasZero, procedures
from masdesign.search.strategy import Setting
from masdesign.types import Question, Request
from masdesign.workflow import MontySandbox, Runtime, check, run_item


def strategy(grammar: Grammar | None = None) -> MasZero:
    return MasZero(Setting(grammar or Grammar(), ScoreObjective(), Random(0)))


@pytest.mark.slow
def test_the_procedures_are_well_formed() -> None:
    known = list(Grammar().known(procedures()))
    assert len(known) > 40
    for tree in Random(1).sample(known, 6):
        assert check(design_of(tree), blocks()).call_bound <= 13


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("split", "solve", "final", "answer"),
    [
        ("each", "chain_of_thought()", "{}", "8"),
        ("each", "chain_of_thought()", "weigh(pair({}, chain_of_thought()), verify())", "8"),
        ("in_order", "repair(chain_of_thought(), verify(), revise())", "{}", "23"),
        ("each", "chain_of_thought()", "vote(trio({}, chain_of_thought(), direct()))", "9"),
    ],
)
async def test_it_splits_reflects_and_verifies(split: str, solve: str, final: str, answer: str) -> None:
    text = final.format(f"merge({split}(split_question(), {solve}), merge_answers())")
    design = design_of(Grammar().parse(text))
    async with MontySandbox() as sandbox:
        outcome = await run_item(
            design, Question("All pens?"), Runtime({"": Scripted(reply)}, blocks(), sandbox)
        )
    assert outcome.answer is not None
    assert outcome.answer.text == answer


@pytest.mark.slow
def test_later_designs_change_one_thing_of_a_good_one() -> None:
    """In a world where reflection pays, it is proposed more and more; all go on splitting."""
    mas_zero, entries = strategy(), tuple[Entry, ...]()
    for _ in range(6):
        designs = [proposal.design for proposal in mas_zero.propose(ArchiveView(entries), 8)]
        scored = [Entry(d, float("revise(" in d.source), 50.0, 200, None, "complete") for d in designs]
        entries += tuple(scored)
    assert all("split_question(" in entry.design.source for entry in entries)
    assert not any(entry.design.parents for entry in entries[:FOUNDERS])
    share = [sum(e.score or 0.0 for e in part) / len(part) for part in (entries[:16], entries[-16:])]
    assert share[1] > share[0]
    children = [e.design for e in entries if e.design.parents]
    assert len(children) > 20
    ids = {e.design.id for e in entries}
    assert all(set(child.parents) <= ids for child in children)


def test_a_model_that_cannot_be_asked_to_split_gets_nothing() -> None:
    grammar = Grammar(repertoires={"": Repertoire(frozenset({"chain_of_thought"}), draws=1)})
    assert list(strategy(grammar).propose(ArchiveView(), 8)) == []
