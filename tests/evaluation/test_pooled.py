"""Replicates and splits as one."""

from __future__ import annotations

import pytest

from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.pooled import pool
from masdesign.statistics.intervals import wilson
from masdesign.types import Answer, Failure, Result, Usage


def made(scores, *, world=0, split="val", tokens=10) -> Evaluation:
    results = tuple(
        Result(
            str(i),
            Answer("x"),
            s,
            Usage(tokens),
            1,
            failure=Failure("provider", "503") if s is None else None,
        )
        for i, s in enumerate(scores)
    )
    return Evaluation("d", "t", "1", split, "m", world, "", len(results), results)


def test_one_evaluation_is_itself():
    one = made([1, 0, 1, None])
    found = pool([one])
    assert (found.score, found.low, found.high, found.items) == (one.score, one.low, one.high, 3)
    assert (found.unscored, found.failures["provider"], found.tokens_per_item) == (1, 1, 10)


def test_worlds_average_within_items():
    found = pool([made([1, 0, 1]), made([0, 0, 1], world=1, tokens=30)])
    assert found.score == pytest.approx(0.5)
    assert found.items == 3
    assert found.tokens_per_item == 20
    assert found.low < 0.5 < found.high


def test_an_item_unscored_in_one_world_counts_by_the_other():
    assert pool([made([1, None]), made([1, 0], world=1)]).score == 0.5


def test_splits_lie_side_by_side():
    found = pool([made([1, 1], split="train"), made([0, 0], split="test")])
    assert (found.score, found.items) == (0.5, 4)
    assert (found.low, found.high) == wilson(2, 4)


def test_nothing_scored():
    found = pool([made([None])])
    assert (found.score, found.low, found.high, found.items, found.tokens_per_item) == (0, 0, 1, 0, 0)
