"""The race: how often it is wrong when it may look at every item, and how much it saves."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from masdesign.statistics.racing import Race, thresholds, wealth

ITEMS = 200


def decisions(race: Race, candidates: np.ndarray) -> list[tuple[str, int]]:
    """What each race said in the end, and after how many items."""
    found = []
    for scores in candidates:
        looks = [(race.decide(scores[:look].tolist()), look) for look in race.schedule]
        found.append(next((d, n) for d, n in looks if d != "continue"))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("share", "looks"), [(0.5, ()), (0.9, ()), (0.7, tuple(range(5, ITEMS, 5))), (0.5, (20,))]
)
def test_an_equal_candidate_is_seldom_stopped_at_any_look(share, looks):
    rng = np.random.default_rng(0)
    stopped = []
    for _ in range(300):
        incumbent, candidate = (rng.random((2, ITEMS)) < share).astype(float)
        race = Race(tuple(incumbent.tolist()), alpha=0.1, looks=looks)
        stopped.append(decisions(race, candidate[None])[0][0] == "stop")
    assert np.mean(stopped) <= 0.1 + 2.5 * np.sqrt(0.09 / 300)


def test_thresholds_never_overspend_by_exact_enumeration():
    coins, spent = (3, 6, 10, 14), (0.05, 0.1, 0.15, 0.2)
    bounds = thresholds(coins, spent)
    crossing = 0
    for walk in product((0, 1), repeat=coins[-1]):
        crossing += any(sum(walk[:n]) >= bound for n, bound in zip(coins, bounds, strict=True))
    assert 0.1 < crossing / 2 ** coins[-1] <= 0.2


def test_one_look_is_the_binomial_test():
    for coins in (1, 5, 20, 77):
        (bound,) = thresholds((coins,), (0.05,))
        assert binom.sf(bound - 1, coins, 0.5) <= 0.05 < binom.sf(bound - 2, coins, 0.5)


@pytest.mark.slow
def test_a_worse_candidate_is_stopped_early_and_a_better_one_kept():
    rng = np.random.default_rng(1)
    incumbent = (rng.random(ITEMS) < 0.8).astype(float)
    race = Race(tuple(incumbent.tolist()))
    worse = decisions(race, (rng.random((200, ITEMS)) < 0.4).astype(float))
    better = decisions(race, np.maximum(incumbent, rng.random((200, ITEMS)) < 0.9).astype(float))
    assert np.mean([d == "stop" for d, _ in worse]) > 0.99
    assert np.mean([n for _, n in worse]) < 0.25 * ITEMS
    assert all(d == "keep" for d, _ in better)


def test_asking_oftener_or_late_changes_nothing():
    rng = np.random.default_rng(2)
    for _ in range(100):
        incumbent, candidate = (rng.random((2, 60)) < (0.7, 0.5)[int(rng.integers(2))]).astype(float).tolist()
        race = Race(tuple(incumbent))
        said = [race.decide(candidate[:n]) for n in range(61)]
        first = next(i for i, d in enumerate(said) if d != "continue")
        assert set(said[first:]) == {said[first]}
        assert first in race.schedule


def test_unscored_items_neither_win_nor_lose():
    incumbent = (1.0, None, 1.0) * 20
    race = Race(incumbent)
    assert race.decide([0.0, 0.0, None] * 4) == race.decide([0.0, 1.0, None] * 4)
    assert race.decide([None] * 60) == "keep"


def test_the_schedule_ends_with_the_items():
    assert Race((1.0,) * 35).schedule == (10, 20, 30, 35)
    assert Race((1.0,) * 35, looks=(7, 50)).schedule == (7, 35)
    assert Race((1.0,) * 5).schedule == (5,)
    assert (Race((1.0,) * 35).next_look(10), Race((1.0,) * 35).next_look(35)) == (20, None)


@pytest.mark.slow
def test_graded_scores_race_too():
    rng = np.random.default_rng(3)
    stopped = []
    for _ in range(200):
        incumbent, candidate = rng.beta(2, 2, size=(2, ITEMS))
        stopped.append(decisions(Race(tuple(incumbent.tolist()), alpha=0.1), candidate[None])[0][0] == "stop")
    assert np.mean(stopped) <= 0.13
    race = Race(tuple(rng.beta(6, 2, size=ITEMS).tolist()))
    assert decisions(race, rng.beta(2, 6, size=(1, ITEMS)))[0] < ("stop", ITEMS // 4) > ("keep", 0)


def test_a_better_graded_candidate_does_not_lose_to_an_incumbent_of_wins_and_losses():
    incumbent = np.random.default_rng(5).permutation([1.0] * 60 + [0.0] * 40)
    better = np.where(incumbent == 1.0, 0.9, 0.8)  # a little less on most items, much more on the others
    race = Race(tuple(incumbent.tolist()), alpha=0.3)
    assert {race.decide(better[:n].tolist()) for n in range(101)} == {"continue", "keep"}


@pytest.mark.slow
@pytest.mark.parametrize("graded_from", [0, 30])
def test_equal_candidates_that_turn_out_graded_are_seldom_stopped(graded_from):
    rng = np.random.default_rng(6)
    stopped = []
    for _ in range(300):
        incumbent = (rng.random(ITEMS) < 0.6).astype(float)
        candidate = np.where(
            np.arange(ITEMS) < graded_from, rng.random(ITEMS) < 0.6, rng.choice([0.3, 0.5, 1.0], ITEMS)
        )  # of the same mean, 0.6
        race = Race(tuple(incumbent.tolist()), 0.1, (24, 48, 96, 150))
        said = decisions(race, candidate[None])
        stopped.append(said[0][0] == "stop")
    assert np.mean(stopped) <= 0.1 + 2.5 * np.sqrt(0.09 / 300)


def test_wealth_is_fair():
    assert wealth([]) == wealth([None, 0.0]) == pytest.approx(1.0)
    fair = np.random.default_rng(4).choice([-1.0, 1.0], size=(2000, 5))
    assert np.mean([wealth(walk.tolist()) for walk in fair]) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("bad", [{"alpha": 0.0}, {"looks": (5, 3)}, {"looks": (0,)}])
def test_senseless_races_are_refused(bad):
    with pytest.raises(ValueError, match="must"):
        Race((1.0,), **bad)
    with pytest.raises(ValueError, match="2 scores"):
        Race((1.0,)).decide([1.0, 1.0])
