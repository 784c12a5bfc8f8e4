"""Strategies at equal spend on a scripted model: what is run, frozen, opened, and concluded."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from masdesign.archive import Archive, Evidence, Insight
from masdesign.archive.view import ArchiveView
from masdesign.cli.compare import show
from masdesign.errors import InputError
from masdesign.evaluation import session
from masdesign.lm import LM, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.search import Comparison, run_compare_async
from masdesign.search.compare.repeat import Repeat
from masdesign.search.events import Looking, RepeatBegins, SearchProgress
from masdesign.search.strategy import Proposal, Strategy
from masdesign.statistics.crossed import crossed_p
from masdesign.tasks import Task
from masdesign.workflow import Design

NAMES = ["random", "portfolio"]
CODED = Design(
    "async def workflow(task):\n    await direct(task)\n"
    "    a, b = task.question.split(':')[1][:-2].split('+')\n"
    "    return str(int(a) + int(b))\n",
    name="coded",
)
"""Adds up itself; what the model says is dropped."""


class Coder(Strategy):
    """Proposes `CODED`, and nothing else."""

    name = "coder"

    def propose(self, view: ArchiveView, n: int) -> list[Proposal]:
        known = {entry.design.id for entry in view.entries}
        return [] if CODED.id in known else [Proposal(CODED)]


BUDGET = "800calls"


@pytest.fixture
def scripted(monkeypatch, reply):
    def load(name: str, *, cache: Cache, concurrency: int, **_: object) -> LM:
        return Cached(Limited(Scripted(reply), concurrency), cache)

    monkeypatch.setattr(session, "load_lm", load)


async def compare(task: Task, archive: Archive, folder: Path, names=NAMES, **more) -> Comparison:
    given = {"budget": BUDGET, "repeats": 2, "cache": folder / "calls.db", **more}
    return await run_compare_async(task, names, archive=archive, **given)


@pytest.mark.slow
async def test_from_end_to_end(scripted, task, tmp_path) -> None:
    with Archive(":memory:") as archive:
        found = await compare(task, archive, tmp_path)
        _check_runs(found, archive)
        _check_look(found, archive, task)
        _check_document(found)
        again = await compare(task, archive, tmp_path)
        assert again == found
        assert len(archive.openings()) == 1
        assert archive.best(task).id == archive.run(found.run).outcome["best"]["id"]
        searches = {r.run for standing in found.standings for r in standing.repeats}
        assert {run.name for run in archive.runs() if run.searches} == searches


@pytest.mark.slow
async def test_a_winner_that_answers_by_code_is_remarked_on(scripted, task, tmp_path, capsys) -> None:
    with Archive(":memory:") as archive:
        found = await compare(task, archive, tmp_path, ["random", Coder], repeats=1)
        winners = {row["strategy"]: row["repeats"][0] for row in found.to_json()["strategies"]}
        seen = {name: (won["blank_control"], won["answers_without_model"]) for name, won in winners.items()}
        assert seen == {"random": (0.0, False), "coder": (1.0, True)}
        again = await compare(task, archive, tmp_path, ["random", Coder], repeats=1)
        assert again == found, "a comparison that is told again has its controls, too"
        kept = archive.summaries(split="test", run=found.run)
        assert set(archive.controls(kept).values()) == {0.0, 1.0}
    show(found)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "blank model" in line]
    assert line == "beware: with a blank model coded of coder still scores 1.000: its code answers"


def _check_runs(found: Comparison, archive: Archive) -> None:
    """Every repeat is a run of its own, with its own seed and world, none with another's designs."""
    for standing in found.standings:
        for number, repeat in enumerate(standing.repeats):
            record = archive.run(repeat.run)
            assert (record.strategy, record.seed) == (standing.strategy, number)
            assert record.settings["world"] == number
            assert "seeds" not in record.settings
            assert repeat.spend.calls <= 650
            assert repeat.incumbents[-1][1] == repeat.best
            assert list(repeat.incumbents) == sorted(repeat.incumbents, key=lambda step: step[0])
            val = archive.evaluations(design_id=repeat.best, split="val", run=repeat.run)
            assert [e.world for e in val] == [number]


def _check_look(found: Comparison, archive: Archive, task: Task) -> None:
    """One opening, recorded for all that was frozen: the winners and what stood first along the way."""
    (opening,) = archive.openings()
    repeats = [repeat for standing in found.standings for repeat in standing.repeats]
    assert set(opening.designs) == {design for repeat in repeats for _, design in repeat.incumbents}
    assert opening.items == tuple(sorted(item.id for item in task.make("test")))
    tested = archive.evaluations(split="test")
    assert {e.design_id for e in tested} == set(opening.designs)
    scores = {e.design_id: e.score for e in tested}
    for standing in found.standings:
        assert standing.repeat_tests == pytest.approx([scores[r.best] for r in standing.repeats])
        assert standing.test.score == pytest.approx(np.mean(standing.repeat_tests))
        assert standing.curve[-1].test == standing.test
        first = [scores[repeat.incumbents[0][1]] for repeat in standing.repeats]
        assert min(first) <= standing.curve[0].test.score <= max(first) or standing.curve[0].spent > min(
            repeat.incumbents[0][0] for repeat in standing.repeats
        )


def _check_document(found: Comparison) -> None:
    document = found.to_json()
    (pair,) = document["pairs"]
    tests = {row["strategy"]: row["test"]["score"] for row in document["strategies"]}
    assert pair["difference"] == pytest.approx(tests["random"] - tests["portfolio"])
    assert pair["low"] <= pair["difference"] <= pair["high"]
    assert 0 < pair["p"] == pair["p_holm"] <= 1
    assert found.pair("portfolio", "random").difference.score == pytest.approx(-pair["difference"])
    assert document["spend"]["calls"] <= 4 * 650
    assert document["test_openings"] == 1


@pytest.mark.slow
async def test_killed_anywhere_it_goes_on_to_the_same_end(scripted, task, tmp_path) -> None:
    (tmp_path / "b").mkdir()
    with Archive(":memory:") as whole, Archive(":memory:") as archive:
        undisturbed = await compare(task, whole, tmp_path)
        for stop_at in (_at_progress(9), _at_repeat(3), _at_look()):
            comparing = asyncio.create_task(compare(task, archive, tmp_path / "b", on_event=stop_at))
            await asyncio.sleep(0)
            stop_at.stop = comparing.cancel
            with pytest.raises(asyncio.CancelledError):
                await comparing
        finished = await compare(task, archive, tmp_path / "b")
        assert _canonical(archive, tmp_path / "x") == _canonical(whole, tmp_path / "y")
        assert finished.standings[0].test == undisturbed.standings[0].test
        assert finished.pairs == undisturbed.pairs


class _Stop:
    def __init__(self, when) -> None:
        self.when, self.stop = when, lambda: None

    def __call__(self, event) -> None:
        if self.when(event):
            self.stop()


def _at_progress(candidates: int) -> _Stop:
    return _Stop(lambda event: isinstance(event, SearchProgress) and event.candidates >= candidates)


def _at_repeat(number: int) -> _Stop:
    return _Stop(lambda event: isinstance(event, RepeatBegins) and event.number == number)


def _at_look() -> _Stop:
    return _Stop(lambda event: isinstance(event, Looking))


def _canonical(archive: Archive, path: Path) -> bytes:
    archive.export(path, canonical=True)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"budget": "10min"}, "no equal spend"),
        ({"budget": "100calls"}, "give at least"),
        ({"repeats": 0}, "repeats 0"),
        ({"objective": "glory"}, "glory"),
    ],
)
async def test_wrong_input_is_refused_before_anything_is_spent(scripted, task, tmp_path, more, says) -> None:
    with Archive(":memory:") as archive:
        with pytest.raises(InputError, match=says):
            await compare(task, archive, tmp_path, **more)
        assert archive.runs() == []


@pytest.mark.parametrize(("names", "says"), [(["random"], "two or more"), (["random"] * 2, "each once")])
async def test_there_must_be_something_to_compare(task, names, says) -> None:
    with pytest.raises(InputError, match=says):
        await run_compare_async(task, names, budget=BUDGET, archive=":memory:")


async def test_a_budget_in_usd_needs_a_model_that_costs_any(task) -> None:
    with Archive(":memory:") as archive:
        with pytest.raises(InputError, match="never be used up"):
            await run_compare_async(task, ["random", "tpe"], budget="5usd", model="abacus", archive=archive)
        assert archive.runs() == []


def test_who_stood_first_when() -> None:
    steps = ((100.0, "a"), (250.0, "b"))
    repeat = Repeat("run", "random", 0, "b", 0.5, 0.5, 10.0, steps, 3, 0, None)
    assert [repeat.incumbent(spent) for spent in (50, 100, 249, 250, 900)] == ["a", "a", "a", "b", "b"]


def test_the_test_knows_a_difference_of_every_repeat() -> None:
    grid = np.full((5, 40), 1.0)
    grid[:, ::3] = 0.0
    assert crossed_p(grid) < 1e-6


@pytest.mark.slow
async def test_arms_begin_with_what_they_are_told_to(scripted, task, tmp_path) -> None:
    with Archive(":memory:") as archive:
        gain = sum((Evidence.of(0.3) for _ in range(9)), Evidence())
        about = task.description
        known = [Insight(task.name, "scripted", f"asks {n}", gain, "", about) for n in ("direct", "debate")]
        archive.add_insights("earlier", known)
        found = await run_compare_async(
            task, ["evolution"], budget=BUDGET, repeats=1, archive=archive, cache=tmp_path / "calls.db",
            experience=["cold", "warm"], reach=0.1,
        )  # fmt: skip
        cold, warm = found.standings
        assert (cold.strategy, warm.strategy) == ("evolution (cold)", "evolution (warm)")
        began = [archive.run(s.repeats[0].run).settings.get("insights", []) for s in (cold, warm)]
        assert began[0] == []
        assert {one["what"] for one in began[1]} == {"asks direct", "asks debate"}
        tried = [
            [archive.design(row["design_id"]).name for row in archive.proposals(s.repeats[0].run)]
            for s in (cold, warm)
        ]
        votes = [names.index("self_consistency_1") for names in tried]
        assert "debate" not in tried[0][: votes[0]]
        assert tried[1][votes[1] - 1] == "debate"  # before the votes, and once
        assert tried[1].count("debate") == 1
        assert all(0 < spent < 800 for s in found.standings for spent in s.reached)
        assert found.to_json()["strategies"][1]["reached"] == list(warm.reached)
