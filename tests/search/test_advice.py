"""Advice before a search: the pilot's figures, the verdict, and what it rests on."""

from __future__ import annotations

import json
import random

import pytest

import masdesign as md
from masdesign.cli import main
from masdesign.errors import InputError
from masdesign.evaluation import Evaluation
from masdesign.experiments.curve import Point
from masdesign.search.advice import LEAST_KNOWN, KnownTask, PilotFigures, _Pilot, probability, verdict
from masdesign.types import Answer, Failure, Item, Result

VOTE = "async def workflow(task):\n    return await self_consistency(task, n=5)\n"
PARTS = "async def workflow(task):\n    return await isolate(task, n=4)\n"


def figures(lift: float, single: float = 0.5) -> PilotFigures:
    return PilotFigures(single, single, single, 0.9, 0.3, 0.0, 1.0, lift, lift - 0.1)


def rows(count: int = 40, seed: int = 0) -> list[KnownTask]:
    rng = random.Random(seed)
    lifts = [0.4 * (n % 2) + rng.gauss(0, 0.05) for n in range(count)]
    return [
        KnownTask(f"t{n}", f"g{n % 4}", figures(lift), bool(n % 2), not n % 2, PARTS if n % 2 else "")
        for n, lift in enumerate(lifts)
    ]


def test_a_probability_follows_the_known_tasks_and_not_their_order() -> None:
    known = rows()
    high, low = (probability(figures(lift), known, "agents_pay") for lift in (0.4, 0.0))
    assert high is not None
    assert low is not None
    assert high > 0.9
    assert low < 0.1
    assert probability(figures(0.4), known[::-1], "agents_pay") == pytest.approx(high, abs=1e-4)
    assert probability(figures(0.4), known, "prompt_does") == pytest.approx(1 - high, abs=0.02)


def test_without_enough_known_tasks_of_both_kinds_there_is_no_probability() -> None:
    assert probability(figures(0.4), rows(2 * LEAST_KNOWN - 2), "agents_pay") is None
    assert verdict(None, None, figures(0.4)) == "several agents"
    assert verdict(None, None, figures(0.0, single=0.89)) == "one prompt"
    assert verdict(None, None, figures(0.0, single=0.4)) == "neither"


@pytest.mark.slow
def test_a_winner_on_a_known_task_is_raced_and_used_where_it_gains(tmp_path) -> None:
    """On ledger the parts of a question have to be solved apart: the pilot sees it on abacus."""
    task = md.load_task("ledger", items=16)
    advice = md.run_advise(
        task, items=16, known=rows(), archive=tmp_path / "archive.db", cache=tmp_path / "calls.db"
    )
    (design, evaluation, earned), *others = advice.candidates
    assert design.source == PARTS
    assert not others
    assert evaluation.items == 16
    assert earned.score == advice.figures.lift > 0
    assert advice.verdict == "several agents"
    assert advice.agents is not None
    assert advice.agents > 0.5
    assert advice.design == design
    with md.Archive(tmp_path / "archive.db") as archive:
        assert archive.design(design.id).source == PARTS
        assert not archive.openings()


@pytest.mark.slow
def test_the_command_says_what_is_known_and_never_opens_test(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["advise", "arithmetic", "--items", "12", "--pilot-items", "12", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] in ("several agents", "one prompt", "neither")
    assert found["split"] == "val"
    assert found["spend"]["calls"] >= 12 * 11
    assert found["design"]["source"]
    assert main(["advise", "arithmetic", "--items", "12", "--pilot-items", "12"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("arithmetic: ")
    assert "no design of several agents was raced" in printed
    assert f"masdesign run {found['design']['id']} --question" in printed
    assert "to use at once" in printed
    assert "(0 sent)" in printed  # the same calls again are recorded ones


def test_a_pilot_of_a_few_items_is_refused() -> None:
    with pytest.raises(InputError, match="at least 10"):
        md.run_advise("arithmetic", items=5)


def test_what_a_provider_failed_is_no_failure_of_the_plain_ways() -> None:
    """Of four items one reply cannot be read and one is the provider's: one of three scored failed."""
    results = (
        Result("a", Answer("1", ""), 1.0),
        Result("b", Answer("2", ""), 0.0),
        Result("c", None, 0.0, failure=Failure("parse", "no answer")),
        Result("d", None, None, failure=Failure("provider", "HTTP 500")),
    )
    plain = Evaluation("0", "t", "1", "val", "m", 0, "f", 4, results)
    names = (("direct", None), ("step_by_step", None), ("self_consistency_9", 9))
    items = [Item(each.item_id, "?", "1") for each in results]
    points = [Point(name, k, plain) for name, k in names]
    measured = _Pilot(None, items, lambda result: None, points).figures()  # type: ignore[arg-type]
    assert measured.failed == pytest.approx(1 / 3)
    assert measured.direct == pytest.approx(1 / 3)
