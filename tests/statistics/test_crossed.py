"""Repeats crossed with items: the interval covers, the test errs no oftener than it says."""

from __future__ import annotations

import numpy as np
import pytest

from masdesign.statistics.crossed import crossed_interval, crossed_p


def grids(count: int, repeats: int, items: int, sd: tuple[float, float, float], seed: int = 0) -> np.ndarray:
    """Grids with a true mean of 0 and these spreads of repeats, items and cells."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, sd[0], (count, repeats, 1))
    columns = rng.normal(0, sd[1], (count, 1, items))
    return rows + columns + rng.normal(0, sd[2], (count, repeats, items))


SPREADS = [(0.03, 0.3, 0.2), (0.0, 0.4, 0.1), (0.08, 0.05, 0.2)]


@pytest.mark.slow
@pytest.mark.parametrize("sd", SPREADS)
def test_the_interval_covers_the_truth_whichever_varies(sd) -> None:
    found = [crossed_interval(grid, seed=1, resamples=400) for grid in grids(200, 10, 60, sd)]
    assert np.mean([low <= 0 <= high for low, high in found]) >= 0.9


@pytest.mark.parametrize("sd", SPREADS)
def test_no_difference_is_seldom_called_one(sd) -> None:
    p_values = np.array([crossed_p(grid) for grid in grids(400, 5, 60, sd)])
    assert np.mean(p_values <= 0.05) <= 0.08


def test_a_difference_on_the_same_items_only_is_not_taken_for_a_repeated_one() -> None:
    """Ten repeats that all found the same two designs are no ten times the evidence."""
    rng = np.random.default_rng(0)
    row = rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.75, 0.15], size=100)
    p_once, p_ten = crossed_p(np.tile(row, (2, 1))), crossed_p(np.tile(row, (10, 1)))
    assert p_ten == pytest.approx(p_once)
    once, ten = (crossed_interval(np.tile(row, (n, 1)), seed=0) for n in (1, 10))
    assert ten.high - ten.low == pytest.approx(once.high - once.low, rel=0.1)


def test_a_true_difference_is_found() -> None:
    grid = grids(1, 10, 200, (0.02, 0.2, 0.2))[0] + 0.1
    assert crossed_p(grid) < 0.01
    low, high = crossed_interval(grid, seed=0)
    assert 0 < low < grid.mean() < high


def test_one_repeat_says_nothing_of_others() -> None:
    grid = grids(1, 1, 50, (0, 0.3, 0.1))[0]
    assert crossed_p(grid) is None
    low, high = crossed_interval(grid, seed=0)
    assert low < grid.mean() < high


def test_what_never_differs() -> None:
    assert crossed_p(np.zeros((3, 40))) == 1.0
    assert crossed_p(np.ones((3, 40))) < 1e-6
    low, high = crossed_interval(np.zeros((3, 40)), seed=0)
    assert low < 0 < high < 0.1
