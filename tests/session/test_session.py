"""Sessions and runs: shared models, one ledger a run, phases, spending that adds up, short looks."""

from __future__ import annotations

import asyncio

import pytest

import masdesign as md
from masdesign.archive import Archive
from masdesign.errors import InputError
from masdesign.lm import Scripted
from masdesign.search import run_search_async
from masdesign.session.config import Config
from masdesign.session.run import Run
from masdesign.session.session import Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.session.verbs import run_evaluate_async
from masdesign.tasks import Task
from masdesign.types import Request
from masdesign.workflow import Design

DIRECT = Design("async def workflow(task):\n    return await direct(task)\n", name="direct")


@pytest.fixture
def few(sums) -> Task:
    """A task that a search of some hundred calls can be done on."""
    return sums.first(val=12, test=8)


def spec(task, model, **conduct) -> RunSpec:
    return RunSpec("evaluate", task, model, conduct=Conduct(**conduct))


async def test_two_runs_at_once_share_models_and_their_calls(sums, script):
    async with Session.open(archive=":memory:") as session:

        async def evaluated() -> tuple[float, int]:
            async with session.run(spec(sums, script)) as run:
                evaluation = await run.evaluate(DIRECT)
                return evaluation.score, run.spend.calls

        first, second = await asyncio.gather(evaluated(), evaluated())
    assert first == second
    assert first[1] == 60  # each run is charged for all of its calls
    assert len(script.requests) == 60  # equal calls in flight are made once


@pytest.mark.slow
async def test_two_searches_at_once_share_a_session(few, script):
    async with Session.open(archive=":memory:") as session:
        given = {"model": script, "budget": "900calls", "strategy": "random", "session": session}
        searches = (run_search_async(few, seed=seed, **given) for seed in (0, 1))
        first, second = await asyncio.gather(*searches)
        assert {run.name for run in session.archive.runs()} == {first.run, second.run}
    sent = first.spend.paid_calls + second.spend.paid_calls
    assert sent == len(script.requests) < first.spend.calls + second.spend.calls


async def test_a_phase_has_a_limit_of_its_own_and_phases_nest(sums, runtime, archive):
    from masdesign.spending.budget import Budget
    from masdesign.spending.ledger import Ledger

    run = Run.of(sums, runtime, Ledger(Budget(100)), archive)
    async with run.phase("search", 60):
        async with run.phase("batches", 40):
            assert run.ledger.limit == 40
        assert run.ledger.limit == 60
    assert run.ledger.limit == 100


@pytest.mark.slow
async def test_what_was_paid_adds_up_over_the_times_a_run_goes_on(few, script, tmp_path):
    place = tmp_path / "archive.db"
    for budget, name in (("700calls", ""), ("900calls", "sums-random-1")):
        found = await run_search_async(
            few, model=script, budget=budget, strategy="random", archive=place, run=name
        )
    assert found.spend.paid_calls == len(script.requests)  # of both times
    assert found.spend.calls <= 900
    asked = len(script.requests)
    again = await run_search_async(
        few, model=script, budget="900calls", strategy="random", archive=place, run="sums-random-1"
    )
    assert len(script.requests) == asked
    assert again.to_json() == found.to_json()
    with Archive(place) as archive:
        assert archive.run("sums-random-1").facts["spent"]["paid_calls"] == asked


async def test_a_session_that_is_given_is_left_open_and_keeps_its_own(sums, script):
    async with Session.open(archive=":memory:", concurrency=3) as session:
        await run_evaluate_async(DIRECT, sums, model=script, session=session)
        assert len(session.archive.evaluations()) == 1
        with pytest.raises(InputError, match="is the session's"):
            await run_evaluate_async(DIRECT, sums, model=script, session=session, concurrency=9)
        assert session.concurrency == 3


async def test_a_configuration_gives_defaults_that_keywords_go_before(tmp_path):
    config = Config(conduct={"archive": str(tmp_path / "a.db"), "concurrency": 5})
    async with Session.open(config, concurrency=7) as session:
        assert (session.concurrency, session.archive.place) == (7, str(tmp_path / "a.db"))


def test_what_decides_a_run_is_what_must_be_the_same(sums):
    deciding = RunSpec("random", sums, world=2, options={"batch": 8}).with_options(seeds=[]).deciding()
    assert deciding == {"world": 2, "batch": 8, "metric": "numeric", "tools": []}
    assert "budget" not in deciding


@pytest.mark.parametrize(
    "verb", ["ablate", "baseline", "compare", "design", "distill", "evaluate", "promote", "replay", "search",
             "solve", "transfer"]
)  # fmt: skip
def test_every_command_is_a_verb_sync_and_async(verb):
    sync, asynchronous = getattr(md, f"run_{verb}"), getattr(md, f"run_{verb}_async")
    assert sync.__wrapped__ is asynchronous
    assert len([p for p in sync.__annotations__ if p != "return"]) <= 10


@pytest.mark.slow
async def test_results_are_short_at_a_look(sums, few, script, capsys):
    found = await run_search_async(
        few, model=script, budget="700calls", strategy="random", archive=":memory:", progress=True
    )
    for shown in (found, found.best_val):
        assert "\n" not in repr(shown)
        assert len(repr(shown)) < 400
        assert shown._repr_html_().startswith("<table>")
    err = capsys.readouterr().err
    assert f"run {found.run}" in err
    assert "baselines: " in err
    quiet = await run_evaluate_async(DIRECT, sums, model=script)
    assert capsys.readouterr().err == ""
    assert quiet.complete


async def test_a_model_of_ones_own_answers(sums):
    def reply(request: Request) -> str:
        return "Answer: 4"

    evaluation = await run_evaluate_async(DIRECT, sums, model=Scripted(reply, model="mine"))
    assert evaluation.model == "mine"
