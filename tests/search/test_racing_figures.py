"""The search's stages on a table of outcomes: what they find, what they save, and what never happens."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from masdesign.search.loop.candidate import Candidate
from masdesign.search.loop.stages import LOOKS
from masdesign.search.objective import ScoreObjective
from masdesign.workflow import Design

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "bench_racing.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_racing", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_racing"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_race_finds_nearly_the_best_for_less_than_half(bench) -> None:
    outcomes = bench.measure(bench.synthetic(), runs=25)
    assert np.mean([outcome.lost <= 0.01 + 1e-9 for outcome in outcomes]) >= 0.8
    assert np.mean([outcome.share for outcome in outcomes]) <= 0.45
    assert all(outcome.lost > -1e-9 for outcome in outcomes)


def tried(bench, table) -> tuple[object, list[Candidate]]:
    """All candidates of the table in order, in batches of eight."""
    stages, found = bench.Replayed(table), list[Candidate]()

    async def run() -> None:
        for start in range(0, len(table.scores), 8):
            rows = range(start, min(start + 8, len(table.scores)))
            batch = [Candidate(row, Design(f"design {row}", name=str(row))) for row in rows]
            await stages.try_batch(batch, found, ScoreObjective())
            found.extend(batch)

    asyncio.run(run())
    return stages, found


def test_every_candidate_is_screened_and_no_item_is_answered_twice(bench) -> None:
    table = bench.synthetic(seed=3, candidates=32)
    stages, found = tried(bench, table)
    assert stages.answered.min() >= LOOKS[0].items
    assert stages.answered.max() <= table.scores.shape[1]
    for candidate in found:
        answered = candidate.evaluation.results
        assert len({result.item_id for result in answered}) == stages.answered[candidate.index]
        assert [r.score for r in answered] == [
            table.scores[candidate.index, int(r.item_id)] for r in answered
        ]
        assert candidate.complete == (stages.answered[candidate.index] == table.scores.shape[1])


def test_what_is_right_wherever_the_others_are_is_never_lost(bench) -> None:
    """A candidate that is at least as good on every item survives every stage, wherever it comes."""
    table = bench.synthetic(seed=4, candidates=32)
    for row in (0, 13, 31):
        scores = table.scores.copy()
        scores[row] = scores.max(axis=0)
        _, found = tried(bench, bench.Table(scores, table.calls))
        assert found[row].complete
        assert ScoreObjective().order([c.entry() for c in found if c.complete])[0].design.name == str(row)


def test_items_that_some_complete_design_has_wrong_come_first_and_the_mean_of_all_is_untouched(bench) -> None:
    table = bench.synthetic(seed=3, candidates=32)
    _, found = tried(bench, table)
    first = [candidate for candidate in found[:8] if candidate.complete]
    rows = [candidate.index for candidate in first]
    open_ones = (table.scores[rows] != 1).any(axis=0)
    assert 0 < open_ones.sum() < len(open_ones)
    order = [int(result.item_id) for result in found[8].evaluation.results]
    assert all(open_ones[order[: min(len(order), int(open_ones.sum()))]])
    later = [candidate for candidate in found[8:] if candidate.complete]
    assert later
    for candidate in later:
        assert candidate.evaluation.score == pytest.approx(table.scores[candidate.index].mean())


@pytest.mark.slow
def test_what_can_do_the_task_survives_a_rival_that_guesses_luckily(bench) -> None:
    """It gains on items that all complete designs have wrong, and the others guess a few that it has not."""

    def kept(seed: int) -> bool:
        scores = np.random.default_rng(seed).random((16, 100)) < 0.05
        scores[8] = np.random.default_rng(seed + 1).random(100) < 0.35
        return tried(bench, bench.Table(scores * 1.0, np.ones(16)))[1][8].complete

    assert sum(kept(seed) for seed in range(0, 40, 2)) >= 19


@pytest.mark.slow
def test_what_gains_where_all_others_fail_is_not_stopped_for_what_they_solve(bench) -> None:
    """Routing: the others fail on one kind of items; who solves that kind loses a few of another kind."""

    def kept(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        scores = (rng.random((16, 120)) < 0.85) * 1.0
        scores[:, ::3] = 0.0
        scores[8, ::3] = rng.random(40) < 0.9
        scores[8, 1::3] = rng.random(40) < 0.5
        return tried(bench, bench.Table(scores, np.ones(16)))[1][8].complete

    assert sum(kept(seed) for seed in range(20)) >= 19


def test_the_first_batch_has_a_rival_of_its_own(bench) -> None:
    scores = np.zeros((8, 200))
    scores[:3] = np.random.default_rng(0).random((3, 200)) < np.array([[0.9], [0.55], [0.5]])
    _, found = tried(bench, bench.Table(scores, np.ones(8)))
    assert [candidate.complete for candidate in found] == [True] + 7 * [False]
