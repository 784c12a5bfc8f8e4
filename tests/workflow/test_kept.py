"""Interpreters that are kept while an item waits: the same outcomes as of states that are written out."""

import asyncio
import gc
import os
import signal

import pytest

from masdesign.types import Question
from masdesign.workflow import Design, Limits, MontySandbox, Runtime, run_item
from masdesign.workflow.guest import InterpreterPlaces, KeptInterpreter

SOURCE = """
import random

async def workflow(task):
    drawn = [random.random()]
    print("x" * 60_000)
    drafts = await gather(*[think(task, temperature=0.5) for _ in range(2)])
    print("x" * 60_000)
    verdict = await verify(task, drafts[0])
    drawn.append(random.random())
    last = await think(task, instruction=str(drawn[0]))
    return f"{drafts[1].text} {verdict.ok} {last.text} {drawn}"
"""
PLAIN = "async def workflow(task):\n    a = await think(task)\n    b = await think(task)\n    return b\n"


async def outcomes(runtime, sandbox, source, count=4):
    running = Runtime(runtime.models, runtime.blocks, sandbox, limits=runtime.limits)
    questions = [Question(f"q{n}") for n in range(count)]
    return await asyncio.gather(*[run_item(Design(source), question, running) for question in questions])


class Noting(MontySandbox):
    """Notes what each workflow waits in."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self._places, self.states = InterpreterPlaces(places, places), []

    async def resume(self, program, waiting, results, limits):
        self.states.append(type(waiting.state))
        await self.before(waiting)
        return await super().resume(program, waiting, results, limits)

    async def before(self, waiting) -> None:
        """Called before each stretch but the first."""


@pytest.mark.parametrize("source", [SOURCE, PLAIN], ids=["gather", "sequence"])
async def test_kept_or_written_out_the_outcome_is_the_same(runtime, source):
    found = []
    for places in (0, 1, 64):
        async with Noting(places) as sandbox:
            found.append([(o.answer, o.failure, o.calls) for o in await outcomes(runtime, sandbox, source)])
            assert {KeptInterpreter, bytes} >= set(sandbox.states)
            assert (KeptInterpreter in sandbox.states) == (places > 0)
            assert (bytes in sandbox.states) == (places < 64)
    assert found[0] == found[1] == found[2]
    assert all(failure is None for _, failure, _ in found[0])


async def test_a_lost_interpreter_is_led_there_again_by_its_results(runtime):
    class Killing(Noting):
        async def before(self, waiting) -> None:
            os.kill(waiting.state.session.worker_pid, signal.SIGKILL)

    async with MontySandbox() as sandbox, Killing(64) as killed:
        whole = [o.answer for o in await outcomes(runtime, sandbox, SOURCE)]
        assert [o.answer for o in await outcomes(runtime, killed, SOURCE)] == whole
        assert set(killed.states) == {KeptInterpreter}


@pytest.mark.slow
async def test_what_is_kept_is_given_back_when_the_item_ends_otherwise(runtime):
    runtime.limits = Limits(calls=1)
    async with Noting(8) as sandbox:
        ended = await outcomes(runtime, sandbox, PLAIN)
        assert {outcome.failure.message for outcome in ended} == {"more than 1 calls"}
        gc.collect()
        assert [sandbox._places.take() for _ in range(9)] == [True] * 8 + [False]


async def test_a_workflow_that_holds_much_is_written_out_and_bounded(runtime):
    source = PLAIN.replace("    b =", "    x = 'y' * 3_000_000\n    b =").replace("return b", "return x[:1]")
    async with Noting(8) as sandbox:
        assert {o.answer.text for o in await outcomes(runtime, sandbox, source, 1)} == {"y"}
        assert sandbox.states == [KeptInterpreter, bytes]


def test_places_grow_only_where_they_are_missed_often():
    places = InterpreterPlaces(2)
    taken = [places.take() for _ in range(100)]
    assert [n for n, was_taken in enumerate(taken) if was_taken] == [5, 11]
    places.release()
    assert places.take()
