"""What is outside the search's power: time that runs out, dear replies, a provider that is down."""

from __future__ import annotations

import json
import re
from contextlib import suppress

import pytest

from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.errors import ProviderError, UnusableReplies
from masdesign.experiments.baselines import step_by_step
from masdesign.experiments.headroom import Oracle
from masdesign.lm import Budgeted, Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.search import SearchResult, Settings, search
from masdesign.search.events import Event, SearchProgress, Watch
from masdesign.search.loop.baselines import try_plain, try_votes, val_curve
from masdesign.search.loop.estimate import tell_headroom
from masdesign.search.loop.history import History
from masdesign.search.loop.stages import Stages
from masdesign.search.replay import canonical
from masdesign.session.run import Run
from masdesign.session.spec import RunSpec
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import SAMPLING_TEMPERATURE, Completion, Item, Request, Usage
from masdesign.workflow import MontySandbox, Runtime


def sums(name: str, count: int) -> list[Item]:
    return [Item(f"{name}{i}", f"{name}: {i} + {i * 7 % 13} =", str(i + i * 7 % 13)) for i in range(count)]


BUDGET = "700calls"


@pytest.mark.slow
async def test_a_budget_in_minutes_leaves_time_for_the_look_at_test(task, reply) -> None:
    model = Scripted(reply, window=64)
    budget = Budget(700, "min", clock=lambda: 60.0 * len(model.requests))  # a call takes a minute
    ledger = Ledger(budget)
    with Archive(":memory:") as archive, Cache.memory() as cache:
        async with MontySandbox() as sandbox:
            lm = Budgeted(Cached(model, cache), ledger)
            runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
            found = await search(Run.of(task, runtime, ledger, archive), Settings(), name="trial")
    assert found.candidates > len(found.baselines) + 1
    assert found.best_test.items == task.size("test")


@pytest.mark.slow
async def test_an_outage_at_the_look_at_test_is_no_score(task, reply) -> None:
    down = True

    def script(request: Request) -> str | Exception:
        if down and "test" in request.messages[-1].content:
            return ProviderError("the server is down")
        return reply(request)

    with Archive(":memory:") as archive, Cache.memory() as cache:

        async def again() -> SearchResult:
            ledger = Ledger(Budget.parse(BUDGET))
            async with MontySandbox() as sandbox:
                lm = Budgeted(Cached(Scripted(script, window=64), cache), ledger)
                runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
                return await search(Run.of(task, runtime, ledger, archive), Settings(), name="trial")

        with pytest.raises(ProviderError, match=r"all 10 test items \(the server is down\).*trial"):
            await again()
        assert archive.run("trial").finished is None
        down = False
        found = await again()
    assert found.best_test.items == task.size("test")
    assert found.test_openings == 1


@pytest.mark.slow
async def test_dear_replies_that_end_the_search_early_leave_the_look_its_share(reply) -> None:
    """The votes are cut before their first item, and are not asked for again out of test's share."""

    def longer_than_guessed(request: Request) -> Completion:
        return Completion(reply(request), Usage(100, request.max_tokens))

    task = Task.of("sums", train=sums("train", 5), val=sums("val", 80), test=sums("test", 10))
    ledger = Ledger(Budget.parse("260000tokens"))
    with Archive(":memory:") as archive, Cache.memory() as cache:
        async with MontySandbox() as sandbox:
            lm = Budgeted(Cached(Scripted(longer_than_guessed, window=4096), cache), ledger)
            runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
            found = await search(Run.of(task, runtime, ledger, archive), Settings(), name="trial")
    assert 0 < found.best_test.items <= task.size("test")
    assert found.spend.tokens <= 260_000


@pytest.mark.parametrize("keep_going", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_replies_that_are_cut_after_the_baselines_end_the_search(task, reply, keep_going) -> None:
    """A model that was changed meanwhile: what the designs get is cut, unless that is wanted."""
    phases = []

    def see(event: Event) -> None:
        if isinstance(event, SearchProgress):
            phases.append(event.phase)

    def later(request: Request) -> str | Completion:
        return Completion("Let me see", Usage(9, 16), "length") if phases[-1] == "search" else reply(request)

    ledger = Ledger(Budget.parse("4000calls"))
    with Archive(":memory:") as archive, Cache.memory() as cache:
        async with MontySandbox() as sandbox:
            lm = Budgeted(Cached(Scripted(later, window=64), cache), ledger)
            runtime = Runtime({"": lm}, blocks=blocks(), sandbox=sandbox, keep_going=keep_going)
            run = Run.of(task, runtime, ledger, archive, on_event=see)
            if keep_going:
                assert (await search(run, Settings("random"), name="trial")).best_test.items
                return
            with pytest.raises(UnusableReplies, match=r"the search ends early: .* were cut at 16 tokens"):
                await search(run, Settings("random"), name="trial")
    assert 0 < ledger.spent < 3000


def _begun(archive: Archive, task: Task) -> str:
    """The name of a run that has begun."""
    return archive.start_run(Settings().spec(RunSpec("", task), task).record("", "scripted", {}))


@pytest.mark.slow
@pytest.mark.parametrize("down", ["draws", "all but one draw"])
async def test_the_provider_may_fail_a_part_of_the_baselines(task, reply, down) -> None:
    def script(request: Request) -> str | Exception:
        if request.temperature:
            is_down = down == "draws" or request.sample > 0
            return ProviderError("the server is down") if is_down else reply(request)
        first, second = map(int, re.findall(r"\d+", request.messages[-1].content)[-2:])
        is_down = down != "draws" and first % 2
        return ProviderError("the server is down") if is_down else f"Answer: {first + second}"

    ledger = Ledger(Budget.parse(BUDGET))
    with Archive(":memory:") as archive, Cache.memory() as cache:
        async with MontySandbox() as sandbox:
            lm = Budgeted(Cached(Scripted(script, window=64), cache), ledger)
            runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
            oracle = Oracle()
            stages = Stages(task, runtime, ledger)
            plain = await try_plain(stages)
            baselines = [*plain, *await try_votes(stages, 1.0, len(plain), oracle.see)]
            history = History(archive, _begun(archive, task))
            history.add(baselines)
            watch = Watch(ledger, history, lambda event: None)
            room = tell_headroom(task, oracle, history, runtime.models, watch, lambda question: None)
    assert room.draws == 0
    step = val_curve(baselines, runtime.models).point("step_by_step")
    assert step.evaluation.design_id == step_by_step(0.0 if down == "draws" else SAMPLING_TEMPERATURE).id


@pytest.mark.slow
@pytest.mark.parametrize("calls", [300, 310])
async def test_an_item_that_fails_where_the_budget_ends_leaves_the_same_archive_after_the_resume(
    reply, calls
) -> None:
    """What was reached because an item had not been paid for is not kept: the resume pays that item first."""
    task = Task.of("sums", train=sums("train", 5), val=sums("val", 8), test=sums("test", 6))
    archives = []
    for failing in (None, "val: 1 + 7 ="):
        with Archive(":memory:") as archive, Cache.memory() as cache:
            for fails in (failing, None):

                def script(request: Request, fails: str | None = fails) -> str | Exception:
                    prompt = request.messages[-1].content
                    if fails is not None and "Check the solution" in prompt and fails in prompt:
                        return ProviderError("the connection was cut")
                    return reply(request)

                ledger = Ledger(Budget.parse(f"{calls}calls"))
                async with MontySandbox() as sandbox:
                    lm = Budgeted(Cached(Scripted(script, window=64), cache), ledger)
                    runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
                    await search(Run.of(task, runtime, ledger, archive), Settings(), name="trial")
            archives.append(canonical(archive))
    assert archives[0] == archives[1]


@pytest.mark.slow
@pytest.mark.parametrize("after", [80, 150])
async def test_an_outage_is_no_reason_to_try_other_designs(reply, after) -> None:
    """From some call on the provider is down: designs that were tried meanwhile are not on record for it."""
    task = Task.of("sums", train=sums("train", 5), val=sums("val", 8), test=sums("test", 6))
    designs = []
    for last in (None, after):
        with Archive(":memory:") as archive, Cache.memory() as cache:
            for until in (last, None):
                answered = 0

                def script(request: Request, until: int | None = until) -> str | Exception:
                    nonlocal answered
                    answered += 1
                    if until is not None and answered > until:
                        return ProviderError("the service is down", kind="unavailable")
                    return reply(request)

                ledger = Ledger(Budget.parse("300calls"))
                async with MontySandbox() as sandbox:
                    lm = Budgeted(Cached(Scripted(script, window=64), cache), ledger)
                    runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox)
                    run = Run.of(task, runtime, ledger, archive)
                    with suppress(ProviderError):
                        await search(run, Settings(), name="trial")
            tried = (proposal["design_id"] for proposal in map(json.loads, canonical(archive).splitlines())
                     if proposal.get("kind") == "proposal")  # fmt: skip
            designs.append(sorted(tried))
    assert designs[0] == designs[1]
