"""Structures: each is tried once before any is tried twice, and a design that nothing leads to is met."""

from random import Random

import pytest

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.grammar.classics import baselines
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.slots import choices_of
from masdesign.search.grammar.structures import learnt, stands_out, untried
from masdesign.search.grammar.tree import TreeBook, design_of, structure
from masdesign.search.objective import ScoreObjective
from masdesign.search.strategies import STRATEGIES
from masdesign.search.strategy import Setting, Strategy
from masdesign.workflow import Design

GRAMMAR = Grammar(tools=("retrieval",), passages=True, without=("isolate", "decompose"), literature=False)
NEEDLE = "merge(each(split_question, {}(retrieve, chain_of_thought)), merge_answers)"
"""What works in this world; with a part less it is as bad as anything."""


def plain(score: float = 0.1) -> tuple[Entry, ...]:
    designs = [Design(design_of(tree).source, origin="baseline") for tree in baselines(GRAMMAR)]
    return tuple(Entry(design, score, 200.0, 200, None, "complete") for design in designs)


def made(name: str, seed: int) -> Strategy:
    return STRATEGIES.all()[name](Setting(GRAMMAR, ScoreObjective(), Random(seed)))


def designs_until_met(name: str, seed: int, most: int = 100) -> int:
    """Proposals until one has the structure that works, where no other is any better than chance."""
    strategy, noise, entries = made(name, seed), Random(seed), plain()
    works = {NEEDLE.format(step) for step in ("select", "narrow")}
    while len(entries) < most:
        for proposal in strategy.propose(ArchiveView(entries), 8):
            tree = strategy.setting.book.tree(proposal.design.id)
            if tree is not None and structure(tree) in works:
                return len(entries)
            score = noise.choice((0.0, 0.04, 0.08, 0.12))
            entries += (Entry(proposal.design, score, 600.0, 24, None, "screened"),)
    return most


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["structures", "portfolio", "evolution", "map_elites", "nsga2", "tpe", "tree_search"]
)
def test_a_structure_that_nothing_leads_to_is_met(name: str) -> None:
    met = [designs_until_met(name, seed) for seed in range(3)]
    assert max(met) < 100, met


def test_no_structure_comes_twice() -> None:
    strategy, entries = made("structures", 0), plain()
    trees = list[Expression]()
    for _ in range(6):
        for proposal in strategy.propose(ArchiveView(entries), 8):
            tree = strategy.setting.book.tree(proposal.design.id)
            assert tree is not None
            trees.append(tree)
            entries += (Entry(proposal.design, 0.1, 300.0, 24, None, "screened"),)
    assert len({structure(tree) for tree in trees}) == len(trees) >= 40


def test_what_is_proposed_is_as_plain_as_can_be() -> None:
    for _, tree in zip(range(20), untried(GRAMMAR, TreeBook(), Random(1)), strict=False):
        changed = [slot for part in tree.walk() for slot, _ in part.slots if slot != "temperature"]
        assert set(changed) <= {"n", "most", "words", "max_steps"}, str(tree)  # counts, to keep to the bound


def test_a_design_stands_out_by_more_than_chance() -> None:
    design = Design("async def workflow(task):\n    return await direct(task)", "one")
    near, far = (Entry(design, score, 90.0, 24, None, "screened") for score in (0.17, 0.6))
    assert not stands_out(ArchiveView(plain()))
    assert not stands_out(ArchiveView((*plain(), near)))
    assert stands_out(ArchiveView((*plain(), far)))
    assert not stands_out(ArchiveView((*plain(0.58), far)))


def test_forms_of_what_did_well_are_likelier() -> None:
    book = TreeBook()
    good = GRAMMAR.parse("merge(each(split_question(), direct()), merge_answers())")
    bad = GRAMMAR.parse("repair(direct(), verify(), revise())")
    book.know([good, bad])
    scored = ((good, 0.9), (bad, 0.1))
    entries = tuple(Entry(design_of(t), score, 300.0, 200, None, "complete") for t, score in scored)
    weights = learnt(ArchiveView(entries), book)
    assert weights["merge>each"] > 1 > weights["repair>verify"]
    assert weights["direct"] == pytest.approx(1.0)
    rng = Random(0)
    usual, liked = (
        sum("each(" in structure(tree) for tree in GRAMMAR.sample(rng, 800, given)) for given in ({}, weights)
    )
    assert liked > 1.3 * usual


def test_choices_that_lead_to_a_design_are_known() -> None:
    tree = GRAMMAR.parse("merge(each(split_question(), select(retrieve(n=2), direct())), merge_answers())")
    choices = choices_of(tree, GRAMMAR)
    assert choices is not None
    assert choices["merge.pieces.each.solve.select.read.retrieve n"] == 2
    deep = GRAMMAR.parse(f"select(retrieve(), narrow(focus(), select(focus(), {tree})))")
    assert choices_of(deep, GRAMMAR) is None
