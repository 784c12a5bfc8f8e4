"""Before a search: what is left to gain, what of it could be seen, and a warning where that is nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from masdesign.environments.scratch import SCRATCH
from masdesign.evaluation import Evaluation
from masdesign.evaluation.evaluator import evaluate
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.experiments.headroom import Headroom, Oracle, headroom_of
from masdesign.experiments.votes import evaluate_votes
from masdesign.statistics.intervals import wilson
from masdesign.statistics.power import visible_difference
from masdesign.tasks import Task
from masdesign.types import Answer, Item, Result


def room(**given) -> Headroom:
    figures = {
        "direct": 0.1, "step_by_step": 0.6, "best_name": "self_consistency_9", "best": 0.65, "ceiling": 0.9,
        "draws": 9, "disagreement": 0.2, "measured": 200, "items": 200, "test_items": 400,
    }  # fmt: skip
    return Headroom(**(figures | given))


def test_two_lines_say_what_is_possible() -> None:
    first, second = room().lines()
    assert first == (
        "direct 0.10, step by step 0.60, self consistency 9 0.65, "
        "an oracle over 9 draws 0.90 (a workflow can go beyond it)"
    )
    assert second == (
        "with 200 val items differences under 9 points cannot be seen, with 400 test items "
        "(those that the budget covers) under 6 points"
    )
    assert room().warning() is None


def test_a_saturated_task_and_too_few_items_are_warned_of() -> None:
    saturated = room(step_by_step=0.97, best=0.98, ceiling=0.99)
    assert saturated.saturated
    assert "pointless: the best plain way scores 0.98 and at most 1 point are left" in saturated.warning()
    few = room(items=30, test_items=60, ceiling=0.85)
    assert few.too_few
    assert not few.saturated
    assert few.suggested_items > 60
    assert f"take {few.suggested_items} items each of val and test, and a budget" in few.warning()
    enough = room(items=few.suggested_items, test_items=few.suggested_items, ceiling=0.85)
    assert enough.warning() is None
    assert enough.visible == pytest.approx(enough.left / 2, rel=0.05)


def test_nothing_warns_where_the_ceiling_is_not_known() -> None:
    unknown = room(ceiling=1.0, draws=0)
    assert "oracle not measured" in unknown.lines()[0]
    assert unknown.warning() is None


async def test_measured_from_the_draws_of_the_votes_without_a_further_call(sums, runtime, script) -> None:
    oracle = Oracle()
    plain = {
        "direct": await evaluate(direct(), sums, "val", runtime),
        "step_by_step": await evaluate(step_by_step(0.8), sums, "val", runtime),
    }
    votes = await evaluate_votes(sums, "val", runtime, [3, 9], on_draws=oracle.see)
    plain |= {f"self_consistency_{k}": found for k, found in votes.items()}
    asked = len(script.requests)
    found = headroom_of(plain, oracle, sums)
    assert len(script.requests) == asked
    assert oracle.draws == 9
    assert len(oracle.best) == 60
    assert found.ceiling > found.best > 0.6  # of 9 draws, each right with 0.65, one nearly always is
    assert found.best == max(evaluation.score for evaluation in plain.values())
    assert found.ceiling >= wilson(55, 60).low
    assert 0 < found.disagreement < 0.6


async def test_draws_that_do_not_act_are_no_ceiling_where_a_design_can(sums, runtime) -> None:
    """Or else a search on tools that plain ways do not have would be called pointless."""
    oracle = Oracle()
    votes = await evaluate_votes(sums, "val", runtime, [9], on_draws=oracle.see)
    plain = {"direct": votes[9], "step_by_step": votes[9]}
    acting = headroom_of(plain, oracle, replace(sums, environment=SCRATCH))
    assert (acting.draws, acting.ceiling) == (0, 1.0)
    assert "oracle not measured" in acting.lines()[0]
    assert headroom_of(plain, oracle, sums).draws == 9


def test_votes_on_a_part_of_val_are_compared_on_that_part() -> None:
    items = [Item(str(i), f"{i}?", "yes") for i in range(10)]
    task = Task.of("tiny", train=items[:1], val=items, test=items)

    def scored(right: set[int], some: int = 10) -> Evaluation:
        results = tuple(Result(str(i), Answer("x"), float(i in right)) for i in range(some))
        return Evaluation("d", "tiny", task.version, "val", "m", 0, "", 10, results)

    oracle = Oracle()
    for item in items[:4]:
        oracle.see(item, [0.0, float(item.id < "3")])
    plain = {
        "direct": scored({9}),
        "step_by_step": scored({0, 8, 9}),
        "self_consistency_9": scored({0, 1}, 4),
    }
    found = headroom_of(plain, oracle, task)
    assert (found.direct, found.step_by_step, found.best, found.ceiling) == (0.0, 0.25, 0.5, 0.75)
    assert found.disagreement == 0.25
    assert found.lines()[0].endswith("a workflow can go beyond it), on 4 val items")
    assert found.visible == visible_difference(10, disagreement=0.25)


def test_an_oracle_picks_among_the_models_too() -> None:
    items = [Item(str(i), f"{i}?", "yes") for i in range(10)]
    task = Task.of("tiny", train=items[:1], val=items, test=items)

    def scored(right: set[int]) -> Evaluation:
        results = tuple(Result(str(i), Answer("x"), float(i in right)) for i in range(10))
        return Evaluation("d", "tiny", task.version, "val", "m", 0, "", 10, results)

    oracle = Oracle()
    for item in items:
        oracle.see(item, [float(item.id < "3")])
    right = {"direct": {0}, "step_by_step": {0, 1, 2}, "step_by_step on large": {2, 3, 4, 5, 6}}
    plain = {name: scored(numbers) for name, numbers in right.items()}
    room = headroom_of(plain, oracle, task)
    assert (room.best, room.ceiling, room.models) == (0.5, 0.7, 2)
    assert "an oracle over 1 draw and 2 models 0.70" in room.lines()[0]
    assert not room.saturated
