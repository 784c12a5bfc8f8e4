"""Errors of items that depend on each other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from masdesign.evaluation import Evaluation
from masdesign.statistics.clusters import effective_items, groups_of, resample
from masdesign.statistics.crossed import crossed_interval, crossed_p
from masdesign.statistics.intervals import mean_interval, wilson
from masdesign.statistics.paired import paired_difference
from masdesign.types import Answer, Result


def drawn(rng, passages, each, *, alike):
    """Scores of questions to passages: with ``alike`` all of a passage are right or none."""
    easy = rng.random(passages) < 0.6
    return np.repeat(easy, each) if alike else rng.random(passages * each) < 0.6


GROUPS = np.repeat(range(40), 10)


@pytest.mark.parametrize(("alike", "items"), [(True, 40), (False, 400)])
def test_as_many_items_count_as_are_independent(alike, items):
    rng = np.random.default_rng(0)
    counts = [effective_items(drawn(rng, 40, 10, alike=alike).astype(float), GROUPS) for _ in range(40)]
    assert np.mean(counts) == pytest.approx(items, rel=0.2)
    assert max(counts) <= 400


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["binary", "graded"])
def test_the_interval_covers_where_one_of_independent_items_does_not(kind):
    rng = np.random.default_rng(1)
    truth, covered, naive = 0.6 if kind == "binary" else 0.5, 0, 0
    for trial in range(60):
        if kind == "binary":
            scores = drawn(rng, 40, 10, alike=True).astype(float)
        else:
            scores = np.clip(np.repeat(rng.random(40), 10) + rng.normal(0, 0.01, 400), 0, 1)
        low, high = mean_interval(scores.tolist(), seed=trial, groups=GROUPS)
        covered += low <= truth <= high
        low, high = mean_interval(scores.tolist(), seed=trial)
        naive += low <= truth <= high
    assert covered >= 0.9 * 60
    assert naive < 0.7 * 60


def test_without_a_shared_passage_nothing_changes():
    scores = [1.0, 0.0, 1.0, 1.0]
    assert groups_of("abcd", {"a": "p", "b": "q"}) is None
    assert mean_interval(scores, groups=None) == wilson(3, 4)
    rng, same = np.random.default_rng(0), np.random.default_rng(0)
    assert (resample(rng, 4, None, 5) == same.multinomial(4, [0.25] * 4, size=5) / 4).all()


def test_all_alike_is_no_surer_than_that_many_passages():
    groups = np.repeat(range(5), 20)
    assert mean_interval([1.0] * 100, groups=groups) == wilson(5, 5)


def run(scores, clusters):
    results = tuple(
        Result(str(n), Answer("x"), float(score), cluster=cluster)
        for n, (score, cluster) in enumerate(zip(scores, clusters, strict=True))
    )
    return Evaluation("d", "t", "1", "test", "m", 0, "", len(results), results)


def test_a_difference_that_rests_on_few_passages_is_not_shown():
    first, second = [1.0] * 40 + [0.0] * 40, [0.0] * 80
    apart = paired_difference(run(first, [""] * 80), run(second, [""] * 80), seed=0)
    passages = [f"p{n // 20}" for n in range(80)]
    together = paired_difference(run(first, passages), run(second, passages), seed=0)
    assert (apart.verdict, together.verdict) == ("better", "cannot tell")
    assert together.mean == apart.mean == 0.5
    assert together.p == 0.5, "two of four passages differ: of four assignments of signs two are as far"
    assert run(first, passages).interval.low < run(first, [""] * 80).interval.low


@pytest.mark.slow
def test_rejections_are_rare_where_nothing_differs():
    rng = np.random.default_rng(2)
    clusters = [f"p{n}" for n in GROUPS]
    runs = [run(drawn(rng, 40, 10, alike=True), clusters) for _ in range(13)]
    differences = [paired_difference(one, other, seed=0) for one, other in pairwise(runs)]
    rejected = sum(difference.verdict != "cannot tell" for difference in differences)
    assert rejected <= 3


def test_repeats_crossed_with_clustered_items():
    rng = np.random.default_rng(3)
    grid = np.repeat(rng.normal(0.1, 0.3, (5, 10)), 20, axis=1)
    groups = np.repeat(range(10), 20)
    low, high = crossed_interval(grid, seed=0, groups=groups)
    narrow = crossed_interval(grid, seed=0)
    assert high - low > 1.5 * (narrow.high - narrow.low)
    assert crossed_p(grid, groups) > crossed_p(grid)
