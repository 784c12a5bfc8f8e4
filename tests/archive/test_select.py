"""The best design: shrunk score, complete evaluations made here, on val, ties by tokens and age."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.archive.frontier import frontier
from masdesign.archive.select import Candidate, rank, shrink
from masdesign.archive.standing import Standing, leading
from masdesign.archive.view import ArchiveView, Entry
from masdesign.errors import InputError
from masdesign.tasks.task import Task

SCORES = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 500)), max_size=8)


@given(SCORES)
def test_shrinking_draws_towards_the_pooled_mean_and_never_past_it(scores):
    for (score, _), shrunk in zip(scores, shrink(scores), strict=True):
        pooled = sum(s * n for s, n in scores) / sum(n for _, n in scores)
        low, high = min(score, pooled), max(score, pooled)
        assert low - 1e-9 <= shrunk <= high + 1e-9


@given(st.lists(st.integers(0, 100), min_size=2, max_size=8))
def test_with_as_many_items_the_order_stays(hits):
    found = rank([Candidate(str(n), hit / 100, 100, 10.0, n) for n, hit in enumerate(hits)])
    assert [r.candidate.score for r in found] == sorted((hit / 100 for hit in hits), reverse=True)


def test_luck_on_few_items_does_not_win():
    lucky, solid, poor = (
        Candidate("l", 1.0, 4, 9.0, 0),
        Candidate("s", 0.9, 400, 9.0, 1),
        Candidate("p", 0.5, 400, 9.0, 2),
    )
    assert [r.candidate.design_id for r in rank([lucky, solid, poor])] == ["s", "l", "p"]


def test_ties_go_to_fewer_tokens_then_to_the_older():
    same = [
        Candidate("dear", 0.5, 50, 20.0, 0),
        Candidate("new", 0.5, 50, 9.0, 2),
        Candidate("old", 0.5, 50, 9.0, 1),
    ]
    assert [r.candidate.design_id for r in rank(same)] == ["old", "new", "dear"]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from([5, 10]), st.integers(1, 9)), min_size=1, max_size=30
    )
)
def test_the_best_and_the_frontier_are_among_the_few_that_lead(found):
    every = [
        Standing(str(n), hits / 5, items, float(tokens)) for n, (hits, items, tokens) in enumerate(found)
    ]
    kept, among = leading(every), [(one.score, one.items) for one in every]

    def candidates(some):
        return [Candidate(*one, order=int(one.design_id)) for one in some]

    assert rank(candidates(kept), among)[0] == rank(candidates(every))[0]
    assert frontier(candidates(kept), among) == frontier(candidates(every))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), min_size=1, max_size=12))
def test_the_frontier_is_what_no_other_beats(pairs):
    every = [Candidate(str(n), hits / 20, 20, float(tokens), n) for n, (hits, tokens) in enumerate(pairs)]
    kept = [r.candidate for r in frontier(every)]
    costs = [c.tokens_per_item for c in kept]
    assert costs == sorted(set(costs))
    for candidate in every:
        assert any(
            k.score >= candidate.score and k.tokens_per_item <= candidate.tokens_per_item for k in kept
        )
    assert kept[-1] == rank(every)[0].candidate


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
    assert [r.candidate.design_id for r in archive.ranking("arithmetic", "abacus")] == [
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
    assert (first.candidate.design_id, first.candidate.items, first.candidate.score) == (two.id, 200, 0.55)
    assert (second.candidate.design_id, second.candidate.score) == (one.id, 0.5)


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
