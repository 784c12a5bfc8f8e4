"""Intervals: against SciPy's, and against the coverage they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from masdesign.statistics.intervals import bootstrap_mean, mean_interval, wilson


@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (5, 5), (1, 3), (8, 10), (140, 200), (399, 400)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_wilson_is_scipys(successes, trials, confidence):
    theirs = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert wilson(successes, trials, confidence=confidence) == pytest.approx((theirs.low, theirs.high))


def test_wilson_of_nothing_is_everything():
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match=r"0\.\.3"):
        wilson(4, 3)


@pytest.mark.parametrize(("share", "trials"), [(0.5, 50), (0.9, 100), (0.7, 200)])
def test_wilson_covers(share, trials):
    draws = np.random.default_rng(0).binomial(trials, share, size=4000)
    inside = [low <= share <= high for low, high in (wilson(int(d), trials) for d in draws)]
    assert 0.93 < np.mean(inside) < 0.98


def test_the_bootstrap_covers():
    rng = np.random.default_rng(1)
    samples = rng.beta(2, 3, size=(400, 60))
    inside = [
        low <= 0.4 <= high
        for low, high in (bootstrap_mean(s.tolist(), seed=i) for i, s in enumerate(samples))
    ]
    assert 0.91 < np.mean(inside) < 0.98


def test_the_bootstrap_is_a_function_of_its_seed():
    values = [0.1, 0.52, 0.7, 0.33, 0.61, 0.08, 0.97]
    assert bootstrap_mean(values, seed=3) == bootstrap_mean(values, seed=3) != bootstrap_mean(values, seed=4)
    assert bootstrap_mean([], seed=0) == (0.0, 0.0)


def test_the_interval_fits_the_scores():
    assert mean_interval([0, 1, 1]) == wilson(2, 3)
    assert mean_interval([]) == mean_interval([0.5]) == (0.0, 1.0)
    low, high = mean_interval([0.2, 0.4, 0.9])
    assert 0.2 <= low < 0.5 < high <= 0.9


def test_graded_scores_that_are_all_alike_do_not_make_it_certain():
    low, high = mean_interval([0.5, 0.5])
    assert low < 0.25 < 0.75 < high
    low, high = mean_interval([0.8] * 200)
    assert 0.75 < low < 0.8 < high < 0.81
