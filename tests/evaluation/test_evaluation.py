"""The evaluation as a value: its figures, its key, its way through JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation
from masdesign.types import Answer, Failure, Result, Usage

RIGHT = Result("a", Answer("4", "so 4"), 1.0, Usage(10, 2, 0.5), calls=1, seconds=0.25)
WRONG = Result("b", Answer("5"), 0.0, Usage(10, 4, 0.7), calls=3)
UNREAD = Result("c", None, 0.0, Usage(5, 5), calls=1, failure=Failure("parse", "no answer"))
BROKEN = Result("d", None, 0.0, failure=Failure("design", "name 'x' is not defined", 3, "define x"))
UNSCORED = Result("e", None, None, Usage(99, 0), calls=1, failure=Failure("provider", "503"))


def evaluation(*results: Result, size: int | None = None) -> Evaluation:
    return Evaluation(
        "d0", "arithmetic", "1", "val", "abacus-1@0", 0, "f", len(results) if size is None else size, results
    )


def test_the_mean_is_over_the_scored_items():
    found = evaluation(RIGHT, WRONG, UNREAD, BROKEN, UNSCORED)
    assert (found.score, found.items, found.unscored) == (0.25, 4, 1)
    assert found.failures == {"design": 1, "parse": 1, "provider": 1}
    assert found.tokens_per_item == pytest.approx((12 + 14 + 10 + 0) / 4)
    assert found.calls_per_item == pytest.approx(5 / 4)
    assert found.usd_per_item == pytest.approx(1.2 / 4)
    assert found.low < 0.25 < found.high
    assert found.scores == {"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0}


def test_nothing_scored_is_nothing_known():
    found = evaluation(UNSCORED)
    assert (found.score, found.low, found.high, found.items, found.complete) == (0.0, 0.0, 1.0, 0, False)
    assert found.facts()["score"] == "no item was scored"
    assert not evaluation().complete


@pytest.mark.parametrize(("unscored", "complete"), [(0, True), (1, True), (2, False)])
def test_complete_allows_one_item_in_a_hundred_unscored(unscored, complete):
    results = [replace(RIGHT, item_id=str(i)) for i in range(100)]
    results[:unscored] = [replace(UNSCORED, item_id=f"u{i}") for i in range(unscored)]
    assert evaluation(*results).complete is complete


def test_a_part_of_a_split_is_not_complete():
    assert not evaluation(RIGHT, size=2).complete
    assert evaluation(RIGHT).complete


def test_the_key_names_what_the_results_depend_on_and_not_the_results():
    whole, part = evaluation(RIGHT, WRONG), evaluation(RIGHT, size=2)
    assert whole.key == part.key
    assert len(whole.key) == 16
    changes = {"design_id": "d1", "task": "boolean", "task_version": "2", "split": "test", "model": "m",
               "world": 1, "fingerprint": "g", "size": 3}  # fmt: skip
    keys = {replace(whole, **{name: value}).key for name, value in changes.items()}
    assert len(keys | {whole.key}) == len(changes) + 1


def test_json_round_trip():
    found = evaluation(RIGHT, WRONG, UNREAD, BROKEN, UNSCORED)
    assert Evaluation.from_json(json.loads(json.dumps(found.to_json()))) == found
    timeless = json.dumps(found.to_json(times=False))
    assert "seconds" not in timeless
    assert Evaluation.from_json(json.loads(timeless)).scores == found.scores


@given(
    st.lists(
        st.builds(
            Result,
            item_id=st.text(),
            answer=st.none() | st.builds(Answer, st.text(), st.text()),
            score=st.none() | st.floats(0, 1),
            usage=st.builds(Usage, st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 10)),
            calls=st.integers(0, 64),
            seconds=st.floats(0, 1e6),
            failure=st.none()
            | st.builds(
                Failure, st.sampled_from(["design", "parse", "provider"]), st.text(), st.none(), st.text()
            ),
        ),
        max_size=4,
    )
)
def test_json_round_trip_of_anything(results):
    found = evaluation(*results)
    assert Evaluation.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"results": 3}, "iterable"),
        ({"world": "x"}, "invalid literal"),
        ({"split": "dev"}, "split"),
        ({"results": [{"item_id": "a"}]}, "answer"),
        ({"results": [{**evaluation(RIGHT).to_json()["results"][0], "score": 7}]}, "0..1"),
        ({"results": [{**evaluation(RIGHT).to_json()["results"][0], "usage": {"x": 1}}]}, "x"),
        (
            {"results": [{**evaluation(RIGHT).to_json()["results"][0], "failure": {"kind": "?"}}]},
            "kind of failure",
        ),
    ],
)
def test_bad_json_gets_one_line(change, word):
    with pytest.raises(InputError, match=word) as caught:
        Evaluation.from_json({**evaluation(RIGHT).to_json(), **change})
    assert "\n" not in str(caught.value)


def test_more_results_extend_it_and_never_replace_a_score():
    part = evaluation(RIGHT, UNSCORED, size=3)
    now = part.extended([replace(RIGHT, score=0.0), replace(UNSCORED, score=1.0, failure=None), WRONG])
    assert [r.item_id for r in now.results] == ["a", "e", "b"]
    assert now.scores == {"a": 1.0, "e": 1.0, "b": 0.0}
    assert now.key == part.key
    assert now.complete
    assert now.extended([]) == now
