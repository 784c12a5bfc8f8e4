"""Paired differences: against SciPy's tests, and against the error rates they promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, permutation_test

from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation, on_common_items
from masdesign.statistics.claims import claims_of
from masdesign.statistics.paired import difference_interval, mcnemar_exact, paired_difference, permutation
from masdesign.types import Answer, Failure, Result


@pytest.mark.parametrize(("wins", "losses"), [(0, 1), (3, 3), (1, 9), (30, 12), (0, 20), (200, 150)])
def test_mcnemar_is_the_binomial_test(wins, losses):
    assert mcnemar_exact(wins, losses) == pytest.approx(binomtest(wins, wins + losses).pvalue)
    assert mcnemar_exact(wins, losses) == mcnemar_exact(losses, wins)


def test_mcnemar_without_a_differing_item_sees_nothing():
    assert mcnemar_exact(0, 0) == 1.0


@pytest.mark.parametrize("items", [5, 12, 40])
def test_the_permutation_test_is_scipys(items):
    differences = np.random.default_rng(items).normal(0.15, 0.4, size=items)
    theirs = permutation_test(
        (differences, np.zeros(items)), lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples", vectorized=True, n_resamples=20_000, rng=0,
    )  # fmt: skip
    assert permutation(differences.tolist(), seed=0) == pytest.approx(theirs.pvalue, abs=0.015)


def test_the_permutation_test_ignores_ties_and_is_never_zero():
    assert permutation([0.0] * 50, seed=0) == 1.0
    assert permutation([0.5, 0.0, 0.0], seed=0) == 1.0
    assert 0 < permutation([0.3] * 40, seed=0) < 0.001


@pytest.mark.slow
def test_type_one_error_of_both_tests():
    rng = np.random.default_rng(3)
    binary = [
        paired_difference(_scores(a), _scores(b), seed=0).p < 0.05
        for a, b in rng.integers(2, size=(1000, 2, 40)).astype(float)
    ]
    graded = [
        permutation((a - b).tolist(), seed=0, permutations=400) < 0.05 for a, b in rng.random((300, 2, 30))
    ]
    assert np.mean(binary) < 0.065
    assert 0.02 < np.mean(graded) < 0.09


@pytest.mark.slow
def test_the_interval_covers_the_true_difference():
    rng = np.random.default_rng(4)
    inside = []
    for trial in range(400):
        shared, own, other = rng.random((3, 100))
        a = np.where(shared < 0.6, own < 0.9, own < 0.3).astype(float)
        b = np.where(shared < 0.6, own < 0.8, other < 0.3).astype(float)
        found = paired_difference(_scores(a), _scores(b), seed=trial)
        inside.append(found.low <= 0.06 <= found.high)
    assert 0.91 < np.mean(inside) < 0.985


def test_only_items_scored_in_both_count():
    def evaluation(*scores: float | None) -> Evaluation:
        results = tuple(
            Result(str(i), Answer("x"), s, failure=Failure("provider", "503") if s is None else None)
            for i, s in enumerate(scores)
        )
        return Evaluation("d", "t", "1", "val", "m", 0, "", len(results), results)

    found = paired_difference(evaluation(1, 1, None, 0), evaluation(0, 1, 1, None), seed=0)
    assert (found.mean, found.items) == (0.5, 2)
    nothing = paired_difference(evaluation(1, None), evaluation(None, 1), seed=0)
    assert (nothing.mean, nothing.low, nothing.high, nothing.p, nothing.items) == (0.0, -1.0, 1.0, 1.0, 0)


def test_other_items_are_refused_not_left_out():
    def evaluation(items: int, **fields) -> Evaluation:
        results = tuple(Result(str(i), Answer("x"), float(i % 2)) for i in range(items))
        whole = Evaluation("d", "t", "1", "val", "m", 0, "", items, results)
        return replace(whole, **fields)

    many, few = evaluation(60), evaluation(20)
    with pytest.raises(InputError, match="not of 60 and 20 with 20 in common"):
        paired_difference(many, few, seed=0)
    with pytest.raises(InputError, match="in common"):
        claims_of({"a": 1.0, "b": 1.0}, {"it": {"a": 1.0, "c": 1.0}}, seed=0)
    for elsewhere in (replace(few, split="test"), replace(few, task="u"), replace(few, task_version="2")):
        with pytest.raises(InputError, match="with 0 in common"):
            paired_difference(few, elsewhere, seed=0)
    found = paired_difference(*on_common_items(many, few), seed=0)
    assert (found.items, found.mean) == (20, 0.0)
    assert paired_difference(few, replace(few, world=3, size=99), seed=0).items == 20


def test_the_same_answers_everywhere_are_not_certainty():
    few, many = difference_interval([0.0] * 5, seed=0), difference_interval([0.0] * 500, seed=0)
    assert few.low < many.low < 0 < many.high < 0.01 < few.high
    assert difference_interval([1.0] * 5, seed=0).high == 1.0


def test_exclusion_of_zero():
    better = paired_difference(
        _scores([1.0] * 30 + [0.0] * 10), _scores([0.0] * 25 + [1.0] * 5 + [0.0] * 10), seed=0
    )
    assert better.verdict == "better"
    assert better.low > 0
    assert better.p < 1e-6
    assert paired_difference(_scores([1.0, 0.0]), _scores([0.0, 1.0]), seed=0).verdict == "cannot tell"


def _scores(values) -> dict[str, float]:
    return {str(i): float(v) for i, v in enumerate(values)}
