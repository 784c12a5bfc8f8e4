from __future__ import annotations

import ast
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from masdesign.search.grammar.calls import calls
from masdesign.search.grammar.emit import emit
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.names import name
from masdesign.search.grammar.nodes import (
    Answer,
    Cascade,
    Debate,
    Direct,
    Drafts,
    Filter,
    More,
    Panel,
    Repair,
    RepairAll,
    Samples,
    Steps,
    Vote,
    WeightedVote,
    put,
    walk,
)
from masdesign.search.grammar.redundant import redundant
from masdesign.search.grammar.vary import crossover, mutate, simplifications, simplify

GRAMMAR = Grammar(max_calls=12, python=True)
seeds = st.integers(0, 2**32)


@given(seeds)
@example(585823936)  # two draws side by side, twice indented
@settings(max_examples=200, deadline=None)
def test_what_is_grown_parses_and_keeps_to_the_bound(seed: int) -> None:
    tree = GRAMMAR.grow(Random(seed))
    source = emit(tree)
    ast.parse(source)
    assert 1 <= calls(tree) <= 12
    assert not redundant(tree)
    assert max(len(line) for line in source.splitlines()) <= 110
    assert name(tree)


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_variation_gives_another_tree_within_the_bound(seed: int) -> None:
    rng = Random(seed)
    tree, other = GRAMMAR.grow(rng), GRAMMAR.grow(rng)
    varied = (mutate(tree, GRAMMAR, rng), crossover(tree, other, GRAMMAR, rng), simplify(tree, GRAMMAR, rng))
    for new in varied:
        if new is not None:
            assert new != tree
            assert GRAMMAR.fits(new)
            ast.parse(emit(new))


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_a_simplification_never_costs_more(seed: int) -> None:
    tree = GRAMMAR.grow(Random(seed))
    assert all(calls(simpler) <= calls(tree) for simpler in simplifications(tree))


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_every_part_can_be_put_back(seed: int) -> None:
    tree = GRAMMAR.grow(Random(seed))
    assert all(put(tree, path, part) == tree for path, part in walk(tree))


def test_growth_is_the_seed_alone() -> None:
    once = [emit(GRAMMAR.grow(Random(seed))) for seed in range(20)]
    assert once == [emit(GRAMMAR.grow(Random(seed))) for seed in range(20)]


def test_there_is_plenty_to_find() -> None:
    rng = Random(0)
    assert len({emit(GRAMMAR.grow(rng)) for _ in range(500)}) > 250


def test_programs_only_where_the_task_declares_python() -> None:
    rng = Random(0)
    without = Grammar(python=False)
    assert not any("write_program" in emit(without.grow(rng)) for _ in range(500))
    assert any("write_program" in emit(GRAMMAR.grow(rng)) for _ in range(500))


@pytest.mark.parametrize(
    ("tree", "bound"),
    [
        (Direct(), 1),
        (Vote(Samples(5)), 5),
        (WeightedVote(Debate(Samples(3), rounds=2)), 12),
        (Vote(More(Samples(3), n=4)), 7),
        (Repair(Steps(), rounds=2), 5),
        (Cascade(Direct(), Vote(Samples(3))), 5),
        (Vote(RepairAll(Panel((Direct(), Steps())))), 6),
    ],
)
def test_bounds_of_calls(tree: Answer, bound: int) -> None:
    assert calls(tree) == bound


@pytest.mark.parametrize(
    "tree",
    [
        Vote(Samples(2)),
        Vote(Filter(Filter(Samples(3)))),
        WeightedVote(Filter(Samples(3))),
        Repair(Repair(Steps())),
        Cascade(Steps(), Steps()),
        Cascade(Steps(), Cascade(Direct(), Repair(Steps()))),
        Vote(Panel((Steps(), Steps()))),
    ],
)
def test_steps_without_effect_are_known(tree: Answer) -> None:
    assert redundant(tree)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (Steps(0.8), "step by step at 0.8"),
        (Vote(Debate(Filter(Samples(5)), rounds=2)), "vote of 5 over verified, debated 2 times drafts"),
        (Vote(More(Samples(3), n=2, below=0.7)), "vote of 3 (2 more below 0.7 agreement)"),
        (Repair(Steps()), "step by step, revised"),
    ],
)
def test_names(tree: Answer, expected: str) -> None:
    assert name(tree) == expected


def test_a_cascade_returns_early() -> None:
    assert emit(Cascade(Direct(), Vote(Samples(3)))) == (
        "async def workflow(task):\n"
        "    answer = await direct(task)\n"
        "    verdict = await verify(task, answer)\n"
        "    if verdict.ok:\n"
        "        return answer\n"
        "    return await self_consistency(task, n=3)\n"
    )


def test_crossover_exchanges_parts_of_one_type() -> None:
    rng = Random(0)
    child = crossover(Vote(Samples(9)), WeightedVote(Debate(Samples(3))), Grammar(), rng)
    assert child is not None
    assert all(isinstance(part, Answer | Drafts) for _, part in walk(child))
