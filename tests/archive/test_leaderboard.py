"""The best design: shrunk score, complete evaluations made here, on val, ties by tokens and age."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.archive.leaderboard import Leaderboard, Standing
from masdesign.archive.standings import estimates
from masdesign.archive.val_scores import ValScore, undominated
from masdesign.archive.view import ArchiveView, Entry
from masdesign.errors import InputError
from masdesign.statistics.shrinkage import to_read
from masdesign.tasks.task import Task
from masdesign.types import Usage


def candidate(name, score, *, tokens=9.0, order=0, estimate=None):
    return Standing(name, score, 100, tokens, estimate=estimate, order=order)


def rank(standings):
    return Leaderboard(standings).ranked()


def frontier(standings):
    return Leaderboard(standings).frontier()


def test_the_estimate_decides_and_is_never_more_than_the_score():
    lucky = candidate("lucky", 0.9, estimate=0.6)
    solid = candidate("solid", 0.7, estimate=0.68)
    unlucky = candidate("unlucky", 0.65, estimate=0.8)
    ranked = rank([lucky, unlucky, solid])
    assert [(one.design_id, one.shrunk) for one in ranked] == [
        ("solid", 0.68),
        ("unlucky", 0.65),
        ("lucky", 0.6),
    ]


def test_ties_go_to_fewer_tokens_then_to_the_older():
    same = [
        candidate("dear", 0.5, tokens=20.0, order=0),
        candidate("new", 0.5, order=2),
        candidate("old", 0.5, order=1),
    ]
    assert [one.design_id for one in rank(same)] == ["old", "new", "dear"]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), min_size=1, max_size=12))
def test_the_frontier_is_what_no_other_beats(pairs):
    every = [
        candidate(str(n), hits / 20, tokens=float(tokens), order=n) for n, (hits, tokens) in enumerate(pairs)
    ]
    kept = frontier(every)
    costs = [c.tokens for c in kept]
    assert costs == sorted(set(costs))
    for one in every:
        assert any(k.score >= one.score and k.tokens <= one.tokens for k in kept)
    assert kept[-1] == rank(every)[0]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), min_size=1, max_size=12))
def test_the_best_and_the_frontier_are_undominated(pairs):
    every = [ValScore(str(n), hits / 4, 20, 1.0 * cost, True, ()) for n, (hits, cost) in enumerate(pairs)]

    def candidates(some):
        return [
            candidate(o.design_id, o.score, tokens=o.tokens_per_item, order=int(o.design_id)) for o in some
        ]

    kept = candidates(undominated(every))
    assert rank(kept)[0] == rank(candidates(every))[0]
    assert frontier(kept) == frontier(candidates(every))


def test_best_is_complete_here_and_on_val(archive, make, tmp_path):
    designs = [make.design(n) for n in range(5)]
    for design in designs:
        archive.add_design(design)
    archive.add_evaluation(make.evaluation(designs[0], 60))
    archive.add_evaluation(make.evaluation(designs[1], 70))
    archive.add_evaluation(make.evaluation(designs[2], 20, done=20))  # perfect, but raced out
    archive.add_evaluation(make.evaluation(designs[3], 100, split="test"))  # perfect, but on test
    archive.add_evaluation(make.evaluation(designs[4], 100, model="other@1"))  # perfect, but another model's
    assert archive.best("arithmetic", "abacus") == designs[1]
    assert archive.best("arithmetic", "other") == designs[4]
    assert [one.design_id for one in archive.ranking("arithmetic", "abacus")] == [
        designs[1].id,
        designs[0].id,
    ]
    assert archive.best(Task.of("arithmetic", version="1-2"), "abacus-1@3f2a") == designs[1]
    with pytest.raises(InputError, match="run masdesign search arithmetic"):
        archive.best(Task.of("arithmetic", version="9-9"), "abacus")
    with pytest.raises(InputError, match="no design was evaluated in full on boolean with abacus here"):
        archive.best("boolean", "abacus")


def test_imported_evaluations_are_never_best(archive, make, tmp_path):
    from masdesign.archive import Archive

    archive.add_design(make.design(0))
    archive.add_evaluation(make.evaluation(make.design(0), 99))
    archive.export(tmp_path / "x.jsonl")
    with Archive(":memory:") as other:
        other.import_(tmp_path / "x.jsonl")
        with pytest.raises(InputError, match="no design was evaluated in full"):
            other.best("arithmetic")
        assert other.frontier("arithmetic") == []
        other.add_evaluation(make.evaluation(make.design(0), 99))
        assert other.best("arithmetic") == make.design(0)


def test_worlds_count_together_and_the_newest_task_version_counts(archive, make):
    one, two = make.design(1), make.design(2)
    for design in (one, two):
        archive.add_design(design)
    archive.add_evaluation(make.evaluation(one, 100, task_version="1-1"))
    archive.add_evaluation(make.evaluation(one, 50))
    archive.add_evaluation(make.evaluation(two, 40))
    archive.add_evaluation(make.evaluation(two, 70, world=1))
    (first, second) = archive.ranking("arithmetic")
    assert (first.design_id, first.items, first.score) == (two.id, 200, 0.55)
    assert (second.design_id, second.score) == (one.id, 0.5)


def test_luck_on_few_items_does_not_win(archive, make):
    """Found on 12 items, all right, among designs that answered 200: it is not believed."""
    for number, right in enumerate([100, 104, 108, 112, 116, 150]):
        archive.add_design(make.design(number))
        archive.add_evaluation(make.evaluation(make.design(number), right, items=200))
    archive.add_design(make.design(9, name="lucky"))
    archive.add_evaluation(make.evaluation(make.design(9), 12, items=12))
    ranked = archive.ranking("arithmetic")
    assert [archive.design(one.design_id).name for one in ranked][:2] == ["design 5", "lucky"]
    assert ranked[1].score == 1.0 > ranked[0].score


@pytest.fixture
def add(archive, make):
    """``add(number, right, done)``: a design with so many right of ``done`` items, which ones by chance."""
    rng = Random(1)

    def add(number: int, right: int, done: int = 100) -> None:
        archive.add_design(make.design(number))
        found = make.evaluation(make.design(number), 0, done=done)
        hits = set(rng.sample(range(done), right))
        results = tuple(replace(r, score=float(n in hits)) for n, r in enumerate(found.results))
        archive.add_evaluation(replace(found, results=results))

    return add


@pytest.mark.slow
def test_what_was_stopped_early_is_no_candidate_but_is_evidence(archive, add):
    """The best of many that were stopped was picked from all of them, not only from those that went on."""
    for number, right in enumerate([44, 46, 60]):
        add(number, right)
    alone = archive.ranking("arithmetic")[0].shrunk
    for number in range(3, 40):
        add(number, 9 + number % 5, done=24)
    assert archive.ranking("arithmetic")[0].shrunk < alone - 0.005
    assert len(archive.ranking("arithmetic")) == 3


@pytest.mark.slow
def test_of_very_many_designs_only_some_are_read_item_by_item(archive, add, monkeypatch):
    """The order stays what it is, and the figures nearly so."""
    for number in range(40):
        add(number, *((40 + (7 * number) % 30, 100) if number % 3 else (10 + number % 4, 24)))
    exact = archive.ranking("arithmetic")
    monkeypatch.setattr("masdesign.archive.standings.to_read", partial(to_read, most=20))
    sampled = archive.ranking("arithmetic")
    assert [one.design_id for one in sampled] == [one.design_id for one in exact]
    assert [one.shrunk for one in sampled] == pytest.approx([one.shrunk for one in exact], abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("again", [60, 4, 1])
def test_of_very_many_designs_most_are_only_counted(archive, make, monkeypatch, again):
    """The best and the frontier stay what they are, also where some designs have several evaluations."""
    rng = Random(3)
    for number in range(60):
        design, chance = make.design(number), rng.uniform(0.3, 0.8)
        archive.add_design(design)
        for world in (0, 1) if number % again == again - 1 else (0,):
            found = make.evaluation(design, 0, done=100 if number % 3 else 24, world=world)
            results = [
                replace(r, score=float(rng.random() < chance), usage=Usage(rng.randrange(1, 9), 1))
                for r in found.results
            ]
            archive.add_evaluation(replace(found, results=tuple(results)))
    best, exact = archive.best("arithmetic"), archive.frontier("arithmetic")
    monkeypatch.setattr("masdesign.archive.val_scores.MANY", 20)
    monkeypatch.setattr("masdesign.archive.val_scores.MOST_READ", 8)
    read = []
    monkeypatch.setattr("masdesign.archive.standings.estimates", spy(estimates, read))
    counted = archive.frontier("arithmetic")
    assert archive.best("arithmetic") == best
    assert [one.design_id for one in counted] == [one.design_id for one in exact]
    assert [one.shrunk for one in counted] == pytest.approx([one.shrunk for one in exact], abs=0.02)
    found, tallies = read[0]
    assert sum(tallies.values()) == 60
    assert len(found) == 60 if again == 1 else len(found) < 40


def spy(function, calls):
    """The function, which notes what it was called with, but for the connection."""

    def called(connection, *arguments):
        calls.append(arguments)
        return function(connection, *arguments)

    return called


def test_the_view_of_a_strategy(make):
    def entry(number, score, stage="complete", tokens=30.0):
        return Entry(make.design(number), score, tokens, 100, None, stage)

    entries = (
        entry(0, 0.5),
        entry(1, 0.9, "raced"),
        entry(2, 0.7),
        entry(3, 0.7, tokens=20.0),
        entry(4, None, "failed"),
    )
    view = ArchiveView(entries)
    assert [e.design.name for e in view.best(2)] == ["design 3", "design 2"]
    assert view.incumbent == entries[3]
    assert ArchiveView().incumbent is None
