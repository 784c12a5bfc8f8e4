"""The search's stages on a table of outcomes: what they find, what they save, and what never happens."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from dataclasses import replace
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


def test_the_race_finds_nearly_the_best_for_less_than_half(bench) -> None:
    outcomes = bench.measure(bench.synthetic(), runs=25)
    assert np.mean([outcome.lost <= 0.01 + 1e-9 for outcome in outcomes]) >= 0.8
    assert np.mean([outcome.share for outcome in outcomes]) <= 0.45
    assert all(outcome.lost > -1e-9 for outcome in outcomes)


def tried(bench, table, chance: float = 0.0) -> tuple[object, list[Candidate]]:
    """All candidates of the table in order, in batches of eight."""
    stages, found = bench.Replayed(table), list[Candidate]()
    stages.task = replace(stages.task, chance=chance)

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


def test_items_on_which_complete_designs_differ_come_first_and_the_mean_of_all_is_untouched(bench) -> None:
    table = bench.synthetic(seed=3, candidates=32)
    _, found = tried(bench, table)
    first = [candidate for candidate in found[:8] if candidate.complete]
    rows = [candidate.index for candidate in first]
    contested = (table.scores[rows] != table.scores[rows[0]]).any(axis=0)
    assert 0 < contested.sum() < len(contested)
    order = [int(result.item_id) for result in found[8].evaluation.results]
    assert all(contested[order[: min(len(order), int(contested.sum()))]])
    later = [candidate for candidate in found[8:] if candidate.complete]
    assert later
    for candidate in later:
        assert candidate.evaluation.score == pytest.approx(table.scores[candidate.index].mean())


def test_what_can_do_the_task_survives_a_rival_that_guesses_luckily(bench) -> None:
    """Where nothing complete is better than guessing, items are not chosen by who guessed them."""

    def kept(chance: float, seed: int) -> bool:
        scores = np.random.default_rng(seed).random((16, 100)) < 0.05
        scores[8] = np.random.default_rng(seed + 1).random(100) < 0.35
        return tried(bench, bench.Table(scores * 1.0, np.ones(16)), chance)[1][8].complete

    assert sum(kept(0.06, seed) for seed in range(0, 40, 2)) >= 19
    assert sum(kept(0.0, seed) for seed in range(0, 40, 2)) <= 15


def test_the_first_batch_has_a_rival_of_its_own(bench) -> None:
    scores = np.zeros((8, 200))
    scores[:3] = np.random.default_rng(0).random((3, 200)) < np.array([[0.9], [0.55], [0.5]])
    _, found = tried(bench, bench.Table(scores, np.ones(8)))
    assert [candidate.complete for candidate in found] == [True] + 7 * [False]
