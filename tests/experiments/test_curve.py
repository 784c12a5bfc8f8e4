"""The reference curve and the advantage, on made evaluations whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation, on_common_items
from masdesign.experiments.curve import Curve, Point, advantage
from masdesign.statistics.envelope import envelope, reference
from masdesign.types import Answer, Failure, Result, Usage

POINTS = [(50.0, 0.1), (100.0, 0.5), (300.0, 0.48), (500.0, 0.6)]


def made(scores, tokens) -> Evaluation:
    results = tuple(
        Result(
            str(i), Answer("x"), s, Usage(int(t)), failure=Failure("provider", "503") if s is None else None
        )
        for i, (s, t) in enumerate(zip(scores, tokens, strict=True))
    )
    return Evaluation("d", "t", "1", "val", "m", 0, "", len(results), results)


def curve_of(*evaluations: Evaluation) -> Curve:
    return Curve(tuple(Point(f"b{i}", None, e) for i, e in enumerate(evaluations)), 0.0)


@pytest.mark.parametrize(
    ("tokens", "score", "beyond"),
    [(10, 0.1, False), (50, 0.1, False), (75, 0.3, False), (100, 0.5, False), (300, 0.55, False),
     (500, 0.6, False), (500.1, 0.6, True), (1e9, 0.6, True)],
)  # fmt: skip
def test_the_curve_is_linear_between_the_points_that_pay(tokens, score, beyond):
    assert reference(POINTS, tokens) == (pytest.approx(score), beyond)


def test_a_dear_point_that_does_not_pay_still_extends_the_curve():
    found = reference([(50, 0.5), (500, 0.4)], 400)
    assert found == (0.5, False)
    assert reference([(50, 0.5), (500, 0.4)], 501) == (0.5, True)


def test_the_curve_never_falls_and_never_lies_below_a_point():
    rng = np.random.default_rng(0)
    for _ in range(200):
        points = [(float(t), float(s)) for t, s in zip(rng.integers(1, 20, 6), rng.random(6), strict=True)]
        values = [reference(points, t).score for t in np.linspace(0, 25, 101)]
        assert values == sorted(values)
        assert all(
            reference(points, t).score >= s - 1e-12 for t, s in points if t > min(p[0] for p in points)
        )
    assert envelope([(1, 0.5), (1, 0.7), (2, 0.7)]) == [(1, 0.7)]
    with pytest.raises(ValueError, match="at least one"):
        reference([], 1)


def test_a_baseline_has_no_advantage_over_itself():
    rng = np.random.default_rng(1)
    cheap = made((rng.random(200) < 0.4).astype(float), [100] * 200)
    dear = made((rng.random(200) < 0.7).astype(float), [500] * 200)
    found = advantage(dear, curve_of(cheap, dear), seed=0)
    assert found.score == pytest.approx(0.0)
    assert found.low <= 0 <= found.high
    assert not found.beyond_curve


def test_the_advantage_is_the_distance_to_the_curve():
    rng = np.random.default_rng(2)
    cheap = made((rng.random(400) < 0.4).astype(float), [100] * 400)
    dear = made((rng.random(400) < 0.6).astype(float), [500] * 400)
    design = made((rng.random(400) < 0.9).astype(float), [300] * 400)
    curve = curve_of(cheap, dear)
    found = advantage(design, curve, seed=0)
    assert found.score == pytest.approx(design.score - curve.at(300).score)
    assert 0.25 < found.low < found.score < found.high < 0.55
    assert found == advantage(design, curve, seed=0)
    assert advantage(made([1.0] * 400, [501] * 400), curve, seed=0).beyond_curve


@pytest.mark.slow
def test_the_interval_covers_the_true_advantage():
    rng = np.random.default_rng(3)
    inside = []
    for trial in range(150):
        ease = rng.random(150)
        a, b, c = ((rng.random(150) < np.clip(ease * f, 0, 1)).astype(float) for f in (0.6, 1.0, 1.2))
        curve = curve_of(made(a, rng.integers(80, 120, 150)), made(b, rng.integers(450, 550, 150)))
        found = advantage(made(c, rng.integers(250, 350, 150)), curve, seed=trial, resamples=400)
        truth = np.mean(np.clip(np.linspace(0, 1, 10_001) * 1.2, 0, 1)) - 0.4
        inside.append(found.low <= truth <= found.high)
    assert 0.88 < np.mean(inside) <= 1.0


def test_only_items_scored_everywhere_count():
    design, base = made([1.0, None, 1.0], [10, 10, 10]), made([0.0, 1.0, None], [10, 10, 10])
    found = advantage(design, curve_of(base), seed=0)
    assert (found.score, found.items) == (1.0, 1)
    assert advantage(made([None] * 3, [1] * 3), curve_of(base), seed=0).items == 0


def test_other_items_are_refused_not_left_out():
    design, base = made([1.0] * 30, [10] * 30), made([0.0] * 20, [10] * 20)
    with pytest.raises(InputError, match="not of 30 and 20 with 20 in common"):
        advantage(design, curve_of(base), seed=0)
    asked, of_base = on_common_items(design, base)
    assert advantage(asked, curve_of(of_base), seed=0).items == 20
