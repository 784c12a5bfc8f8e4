"""Testing by betting: how often it errs at any item, and that interval and verdict agree."""

from __future__ import annotations

import numpy as np
import pytest

from masdesign.statistics.betting import confidence_sequence, highest_wealth

ITEMS = 200


def ever_shown(differences: np.ndarray, alpha: float) -> float:
    """Share of the rows that are ever shown to be above 0."""
    return float(np.mean([highest_wealth(row.tolist()) * alpha >= 1 for row in differences]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "values", [(-1.0, 0.0, 1.0), (-1.0, 1.0), (-0.5, 0.0, 0.5), (-0.2, 0.1, 0.1)], ids=str
)
def test_no_difference_is_seldom_shown_at_any_item(values) -> None:
    rows = np.random.default_rng(0).choice(values, size=(400, ITEMS))
    assert ever_shown(rows, 0.1) <= 0.1 + 2.5 * np.sqrt(0.09 / 400)


def test_a_difference_is_shown_early() -> None:
    rows = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], p=[0.05, 0.65, 0.3], size=(200, ITEMS))
    assert ever_shown(rows, 0.05) > 0.95
    assert ever_shown(rows[:, :60], 0.05) > 0.5
    assert ever_shown(-rows, 0.05) < 0.02


def test_wealth_is_fair_and_never_forgets() -> None:
    walks = np.random.default_rng(2).choice([-1.0, 1.0], size=(3000, 5))
    ends = [highest_wealth(walk.tolist()) for walk in walks]
    assert min(ends) == 1.0
    assert highest_wealth([]) == highest_wealth([0.0] * 9) == 1.0
    assert highest_wealth([1.0] * 9 + [-1.0] * 9) == highest_wealth([1.0] * 9)
    assert np.mean(np.array(ends) >= 2) <= 0.5


@pytest.mark.parametrize("seed", range(30))
def test_the_interval_excludes_0_exactly_where_a_bet_is_won(seed) -> None:
    rng = np.random.default_rng(seed)
    gains = rng.choice([-1.0, 0.0, 0.5, 1.0], p=rng.dirichlet([1, 4, 1, 1]), size=60).tolist()
    low, high = confidence_sequence(gains, alpha=0.1)
    assert (low > 0) == (highest_wealth(gains) * 0.05 >= 1)
    assert (high < 0) == (highest_wealth([-gain for gain in gains]) * 0.05 >= 1)
    assert -1 <= low < high <= 1


@pytest.mark.slow
def test_the_sequence_covers_at_all_items_at_once() -> None:
    rng = np.random.default_rng(3)
    held = []
    for _ in range(60):
        gains = rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.6, 0.3], size=80).tolist()
        held.append(all(low <= 0.2 <= high for low, high in (
            confidence_sequence(gains[:n], alpha=0.1) for n in range(10, 81, 10)
        )))  # fmt: skip
    assert np.mean(held) >= 0.88
