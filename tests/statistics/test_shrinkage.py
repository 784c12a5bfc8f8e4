"""The winner of many is shrunk by as much as it was lucky: over many searches the mean error is near 0."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from masdesign.statistics.shrinkage import fit, shrunk_scores, to_read

SEARCHES, DESIGNS, FAMILIES, ITEMS, SCREEN = 200, 60, 12, 200, 24
SHARED_DRAW = 0.9
"""Correlation of the luck of two designs of one family on one item: they vote over the same draws."""
EASE = 1.2
"""Standard deviation of the items' ease, in units of a design's own noise."""


def test_one_design_keeps_its_mean_and_equal_ones_theirs() -> None:
    assert shrunk_scores([{"a": 1.0, "b": 0.0}]) == [0.5]
    assert shrunk_scores([{"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 1.0}]) == [0.5, 0.5]
    assert shrunk_scores([]) == []


def test_order_is_kept_among_equally_many_items() -> None:
    rng = np.random.default_rng(3)
    table = (rng.random((25, 80)) < rng.uniform(0.2, 0.8, (25, 1))).astype(float)
    found = shrunk_scores([dict(zip(map(str, range(80)), row, strict=True)) for row in table])
    order = np.argsort(table.mean(axis=1), kind="stable")
    assert (np.diff(np.array(found)[order]) >= -1e-9).all()


def test_few_items_are_drawn_further() -> None:
    rng = np.random.default_rng(4)
    ordinary = [_scores(rng.random(200) < 0.4) for _ in range(30)]
    many, few = _scores(np.arange(200) % 4 < 3), _scores(np.arange(8) % 4 < 3)
    found = shrunk_scores([many, few, *ordinary])
    assert found[0] > 0.65
    assert found[1] < 0.6


def test_items_that_were_easy_for_all_do_not_count_for_the_one_that_answered_only_those() -> None:
    easy_first = np.arange(100) < 50
    others = [_scores(np.where(easy_first, (np.arange(100) + k) % 10 < 9, False)) for k in range(10)]
    stopped_early = _scores(np.arange(50) % 10 < 9)
    found = shrunk_scores([stopped_early, *others])
    assert found[0] == pytest.approx(0.45, abs=0.02)


def test_variants_of_one_lucky_design_confirm_it_no_more_than_one_does() -> None:
    rng = np.random.default_rng(5)
    ordinary = [_scores(rng.random(200) < 0.4) for _ in range(30)]
    lucky = np.arange(200) % 50 < 24
    alone = shrunk_scores([_scores(lucky), *ordinary])[0]
    together = shrunk_scores([_scores(lucky)] * 20 + ordinary)[0]
    assert together == pytest.approx(alone, abs=0.01)


@pytest.mark.slow
def test_of_very_many_designs_a_few_are_read_item_by_item() -> None:
    """The best are among them; the others' estimates follow from their mean alone, graded scores or not."""
    rng = np.random.default_rng(6)
    skill = rng.beta(8, 10, 1500)
    table = (rng.random((1500, 100, 2)) < skill[:, None, None]).mean(axis=2)
    scores = [dict(zip(map(str, range(100)), row, strict=True)) for row in table.tolist()]
    means = [float(row.mean()) for row in table]
    chosen = to_read(means)
    assert len(chosen) == 100
    assert {int(place) for place in np.argsort(means)[-40:]} <= set(chosen)
    others = Counter((means[place], 100) for place in range(1500) if place not in chosen)
    read = fit([scores[place] for place in chosen], others)
    whole, found = np.array(fit(scores).of(scores)), np.array(read.of(scores))
    of_means = np.array(read.of_means(means, [100] * 1500))
    best = np.argsort(means)[-50:]
    assert np.abs(found - whole)[best].max() < 0.015
    assert np.abs(of_means - found).max() < 0.015
    error, least = (float(((one - skill) ** 2).mean()) for one in (of_means, whole))
    assert error < 1.05 * least
    assert shrunk_scores(scores) == read.of(scores)


def test_a_mean_over_the_first_items_is_freed_of_their_ease() -> None:
    """Whether a design that was stopped early is read item by item or by its mean."""
    rng = np.random.default_rng(8)
    ease = np.where(np.arange(100) < 24, 0.2, 0.0)
    table = rng.random((400, 100)) < rng.beta(20, 20, 400)[:, None] + ease
    scores = [_scores(row if number % 2 else row[:24]) for number, row in enumerate(table)]
    means = [sum(one.values()) / len(one) for one in scores]
    chosen = to_read(means)
    others = Counter((means[place], len(scores[place])) for place in range(400) if place not in chosen)
    found = fit([scores[place] for place in chosen], others)
    by_item = np.array(found.of(scores))
    by_mean = np.array(found.of_means(means, [len(one) for one in scores]))
    assert np.abs(by_item - by_mean).max() < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["equal", "alike", "spread", "many poor", "a few good"])
def test_over_200_searches_the_shrunk_estimate_is_right_on_the_average(kind: str) -> None:
    rng = np.random.default_rng(7)
    raw, shrunk = np.array([_search(kind, rng) for _ in range(SEARCHES)]).T
    assert raw.mean() > 0.02, "choosing the best of many should be seen to mislead"
    assert abs(shrunk.mean()) < 0.01


def _scores(right: np.ndarray) -> dict[str, float]:
    return {str(item): float(score) for item, score in enumerate(right)}


def _search(kind: str, rng: np.random.Generator) -> tuple[float, float]:
    """The signed error of the winner's raw and shrunk val score, in one simulated search.

    Designs come in families that share most of their draws; all share the items. The worse half is
    stopped after `SCREEN` items, as in a search.
    """
    from scipy.special import ndtr

    family = rng.integers(FAMILIES, size=DESIGNS)
    skill = _skills(kind, family, rng)
    ease = rng.normal(0, EASE, ITEMS)
    own_items = rng.normal(0, 0.4, (FAMILIES, ITEMS))[family]
    luck = np.sqrt(SHARED_DRAW) * rng.normal(size=(FAMILIES, ITEMS))[family]
    luck = luck + np.sqrt(1 - SHARED_DRAW) * rng.normal(size=(DESIGNS, ITEMS))
    right = luck < skill[:, None] + ease + own_items
    truth = ndtr(skill / np.sqrt(1 + EASE**2 + 0.4**2))  # the mean over all items there could be
    screened = np.argsort(-right[:, :SCREEN].mean(axis=1), kind="stable")[: DESIGNS // 2]
    answered = [ITEMS if design in screened else SCREEN for design in range(DESIGNS)]
    found = shrunk_scores([_scores(row[:count]) for row, count in zip(right, answered, strict=True)])
    winner = max(screened, key=lambda design: right[design].mean())
    return right[winner].mean() - truth[winner], found[winner] - truth[winner]


def _skills(kind: str, family: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    match kind:
        case "equal":
            return np.full(DESIGNS, -0.3)
        case "alike":
            of_family = rng.normal(-0.3, 0.1, FAMILIES)
        case "spread":
            of_family = rng.normal(-0.3, 0.25, FAMILIES)
        case "many poor":
            of_family = -0.2 - rng.exponential(0.6, FAMILIES) * (rng.random(FAMILIES) < 0.7)
        case _:
            of_family = np.where(np.arange(FAMILIES) < 2, 0.1, -0.4)
    return of_family[family] + rng.normal(0, 0.04, DESIGNS)
