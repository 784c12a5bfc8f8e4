"""The measured row: what is kept, with intervals, and a plain word on it."""

import pytest

from masdesign.distill.row import FreshCost, Row
from masdesign.evaluation import Evaluation
from masdesign.types import Answer, Result, Usage


def made(scores, tokens=100):
    results = tuple(Result(f"i{n}", Answer("x"), s, Usage(tokens, 0), 1) for n, s in enumerate(scores))
    return Evaluation("d", "t", "1", "test", "m", 0, "", len(results), results)


def row(teacher, student, step, matched=None, **more):
    return Row(made(teacher, 300), made(student), made(step), made(matched or step), 1, **more)


GOOD, HALF, BAD = [1.0] * 38 + [0.0] * 2, [1.0] * 24 + [0.0] * 16, [1.0] * 10 + [0.0] * 30


def test_a_student_that_keeps_part_of_the_gain():
    found = row(GOOD, HALF, BAD)
    assert found.retention.value == pytest.approx(24 / 38)
    assert found.retention.low < 24 / 38 < found.retention.high
    assert found.gain_kept.value == pytest.approx(14 / 28)
    assert found.gain_kept.low < 0.5 < found.gain_kept.high
    assert found.cost_ratio == pytest.approx(1 / 3)
    assert found.better
    assert "better than step by step" in found.verdict
    assert found.advice == "50% of the design's gain for 33% of its tokens, where that is enough"
    assert row(GOOD, GOOD, BAD).advice.endswith("so use the prompt")
    assert row(GOOD, BAD, BAD).advice == "use the design"
    assert row(BAD, BAD, BAD).advice == "use step by step"


def test_a_gain_that_is_not_there_cannot_be_kept():
    found = row(BAD, BAD, BAD)
    assert found.gain_kept is None
    assert found.retention.value == 1.0
    assert not found.better
    assert "no better than step by step" in found.verdict


def test_a_worse_student_is_called_worse():
    assert "worse than step by step" in row(GOOD, BAD, GOOD).verdict


def test_a_teacher_that_scores_nothing_has_no_ratio():
    found = row([0.0] * 40, BAD, BAD)
    assert found.retention is None
    assert found.to_json()["retention"] is None


def test_the_json_has_the_fields_that_checks_read():
    found = row(GOOD, HALF, BAD, fresh=FreshCost(70.0, 0.002)).to_json()
    for name in ("teacher", "student", "step_by_step", "matched_self_consistency"):
        assert {"score", "low", "high", "items", "tokens_per_item"} <= set(found[name])
    assert found["student"]["fresh_tokens_per_item"] == 70.0
    assert found["student"]["fresh_usd_per_1000_items"] == 2.0
    assert 0 <= found["gain_kept_interval"][0] <= found["gain_kept"] <= found["gain_kept_interval"][1]


def test_the_same_seed_gives_the_same_intervals():
    assert row(GOOD, HALF, BAD, seed=3).to_json() == row(GOOD, HALF, BAD, seed=3).to_json()
