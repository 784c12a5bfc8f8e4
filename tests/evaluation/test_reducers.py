"""Several draws of an item as one score."""

from __future__ import annotations

from itertools import combinations

import pytest

from masdesign.errors import InputError
from masdesign.evaluation import Evaluation, pool
from masdesign.evaluation.pooled import check_draws, pass_at, reducer_named
from masdesign.tasks import Task
from masdesign.tasks.forms import form_named
from masdesign.types import Answer, Item, Result


@pytest.mark.parametrize("draws", [1, 4, 7])
def test_pass_at_k_is_the_share_of_all_choices_of_k_with_a_right_one(draws):
    for right in range(draws + 1):
        marks = [n < right for n in range(draws)]
        for k in range(1, draws + 1):
            chosen = list(combinations(marks, k))
            assert pass_at(draws, right, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))


def draws(*pairs):
    return [(None if text is None else Answer(text), score) for text, score in pairs]


def test_reducers():
    some = draws(("4", 1.0), ("5", 0.0), ("5.0", 0.0), (None, 0.0))
    number = form_named("number")
    reduce = {name: reducer_named(name, number) for name in ("mean", "at_least_one", "majority")}
    assert {name: reducer(some) for name, reducer in reduce.items()} == {
        "mean": 0.25, "at_least_one": 1.0, "majority": 0.0,
    }  # fmt: skip
    assert reduce["majority"](draws(("4", 1.0), ("5", 0.0))) == 1.0, "of equally many the first"
    assert reduce["majority"](draws((None, 0.0), ("", 0.0))) == 0.0
    assert reducer_named("majority")(draws(("4", 1.0), ("5", 0.0), ("5.0", 0.0))) == 0.0
    assert reducer_named("pass@3")(draws(("4", 1.0))) is None


@pytest.mark.parametrize("name", ["best", "pass", "pass@", "pass@0", "pass@-1", "pass@1.5", "mean@3"])
def test_an_unknown_reducer_is_one_line(name):
    with pytest.raises(InputError, match="mean, pass@K, at_least_one, majority"):
        reducer_named(name)


def test_graded_scores_have_no_pass_at_k_and_few_draws_neither():
    with pytest.raises(InputError, match="at_least_one or mean"):
        reducer_named("pass@1")(draws(("4", 0.5)))
    with pytest.raises(InputError, match="at least 5 draws"):
        check_draws("pass@5", 4)


def test_worlds_are_pooled_by_the_reducer_and_errors_by_passage():
    def run(world, scores):
        results = tuple(
            Result(item, Answer(f"{item} {score}"), score, cluster="p" if item in "ab" else "")
            for item, score in scores.items()
        )
        return Evaluation("d", "t", "1", "val", "m", world, "", len(results), results)

    worlds = [run(0, {"a": 1.0, "b": 0.0, "c": 0.0}), run(1, {"a": 1.0, "b": 1.0, "c": None})]
    mean, either = pool(worlds), pool(worlds, "at_least_one")
    assert (mean.score, either.score) == (pytest.approx(0.5), pytest.approx(2 / 3))
    assert (mean.items, mean.clusters) == (3, 2)
    both = pool(worlds, "pass@2")
    assert (both.items, both.score, both.unscored) == (2, 1.0, mean.unscored + 1)


def test_a_task_says_which_of_a_splits_items_share_their_passages():
    items = [Item(str(n), f"{n}?", "x", (("p",), ("p", "q"), ("p",), ())[n]) for n in range(4)]
    task = Task.of("t", val=items, test=items[:2], scorer="exact")
    assert set(task.clusters("val")) == {"0", "2"}
    assert len(set(task.clusters("val").values())) == 1
    assert task.clusters("test") == {}
