"""Concurrency that adapts, the pace that a contract allows, and a server that cannot be reached."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from random import Random

import pytest

from masdesign.errors import InputError, ProviderError
from masdesign.lm import Limited, ModelSpec, Retrying, Scripted
from masdesign.lm.lane import Lane, Lanes, Pace
from masdesign.lm.load import load_lm
from masdesign.records.cache import Cache
from masdesign.testing.server import serving
from masdesign.types import Message, Request


def request(n=0):
    return Request((Message("user", f"{n} + 1 ="),), max_tokens=10)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds
        await asyncio.sleep(0)


class Gate:
    """Answers when it is told; counts calls in flight."""

    model, window = "gate", 4096

    def __init__(self):
        self.open, self.flying, self.peak = asyncio.Event(), 0, 0

    async def complete(self, request):
        self.flying += 1
        self.peak = max(self.peak, self.flying)
        await self.open.wait()
        self.flying -= 1
        return await Scripted(lambda _: "4").complete(request)

    async def aclose(self):
        pass


async def test_no_more_than_allowed_are_in_flight_and_all_come_through():
    gate = Gate()
    lm = Limited(gate, 3)
    calls = [asyncio.create_task(lm.complete(request(n))) for n in range(10)]
    await asyncio.sleep(0)
    assert gate.flying == 3
    calls[4].cancel()  # one that waits
    calls[0].cancel()  # one in flight
    gate.open.set()
    done = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(one, asyncio.CancelledError) for one in done) == 2
    assert gate.peak == 3
    with pytest.raises(InputError, match="too small"):
        Limited(gate, 0)


async def test_a_429_halves_it_once_and_completions_let_it_grow():
    clock = Clock()
    replies = [ProviderError("slow down", kind="rate_limit")] * 4 + ["4"] * 100
    lane = Lane(16, clock=clock, sleep=clock.sleep)
    lm = Limited(Scripted(lambda _: replies.pop(0)), lane)
    await asyncio.gather(*(lm.complete(request(n)) for n in range(4)), return_exceptions=True)
    assert lane.allowed == 8  # four refusals of one burst
    clock.now += 1
    replies.insert(0, ProviderError("slow down", kind="rate_limit"))
    with pytest.raises(ProviderError):
        await lm.complete(request())
    assert lane.allowed == 4
    for n in range(4):
        await lm.complete(request(n))
    assert lane.allowed < 4.1  # nobody waited for a place
    await asyncio.gather(*(lm.complete(request(n)) for n in range(40)))
    assert lane.allowed > 5


async def test_a_server_begins_with_one_call_and_doubles():
    gate = Gate()
    lm = Limited(gate, Lane(8, starts_slowly=True))
    calls = [asyncio.create_task(lm.complete(request(n))) for n in range(40)]
    flying = []
    for _ in range(5):
        for _ in range(20):
            await asyncio.sleep(0)
        flying.append(gate.flying)
        gate.open.set()
        gate.open = asyncio.Event()
    assert flying == [1, 2, 4, 8, 8]
    for call in calls:
        call.cancel()


def test_models_of_one_server_share_its_lane():
    lanes, spec = Lanes(), ModelSpec("openai/a")
    first = lanes.of(spec, "api.openai.com", 64)
    assert lanes.of(ModelSpec("openai/b").with_options({"temperature": 1}), "api.openai.com", 64) is first
    assert lanes.of(spec.with_options({"rpm": 5}), "api.openai.com", 64) is not first
    assert lanes.of(spec, "other:8000", 64) is not first
    assert (first.places, lanes.of(ModelSpec("abacus"), "", 64).places) == (1, float("inf"))


async def test_nothing_is_sent_while_a_server_wants_to_be_left_alone():
    clock = Clock()
    replies = [ProviderError("slow down", kind="rate_limit", retry_after=7), "4", "4"]
    lm = Limited(Scripted(lambda _: replies.pop(0)), Lane(4, clock=clock, sleep=clock.sleep))
    with pytest.raises(ProviderError):
        await lm.complete(request())
    await lm.complete(request())
    assert clock.now == 7


@pytest.mark.parametrize(("limits", "seconds"), [({"rpm": 5}, 60), ({"tpm": 40}, 60), ({}, 0)])
async def test_a_minute_has_no_more_than_the_contract_allows(limits, seconds):
    clock = Clock()
    pace = Pace(**limits, clock=clock, sleep=clock.sleep)
    for n in range(6):
        await pace.turn(request(n))
        pace.note(8)
    assert clock.now == seconds


@pytest.mark.slow
async def test_a_server_with_a_limit_that_nobody_knows_answers_all():
    with serving("limited") as server, Cache.memory() as cache:
        lm = load_lm(ModelSpec("openai/any", server.url), cache=cache, concurrency=64)
        found = await asyncio.gather(*(lm.complete(request(n)) for n in range(80)))
        await lm.aclose()
    assert [completion.text for completion in found] == [f"Answer: {n + 1}" for n in range(80)]


LOST = ProviderError("the connection failed or was cut", kind="connection")
DOWN = ProviderError("HTTP 503: the service is down", kind="unavailable")


class Server:
    """Is reached or not, as its clock says; counts what it is sent."""

    def __init__(self, down_from=0.0, down_until=float("inf"), fault=LOST):
        self.clock, self.sent, self.fault = Clock(), 0, fault
        self.lane = Lane(8, clock=self.clock, sleep=self.clock.sleep)
        self._down = (down_from, down_until)

    def reply(self, _):
        self.sent += 1
        return self.fault if self._down[0] <= self.clock.now < self._down[1] else "4"

    def model(self):
        limited = Limited(Scripted(self.reply), self.lane)
        return Retrying(limited, sleep=self.lane.rest, rng=Random(0), outage=self.lane.outage)


async def ask(lm, n=0):
    try:
        return (await lm.complete(request(n))).text
    except ProviderError as error:
        return str(error)


@pytest.mark.parametrize("fault", [LOST, DOWN], ids=["no connection", "503"])
async def test_a_server_that_never_answers_is_waited_for_once(fault):
    server = Server(fault=fault)
    assert await ask(server.model()) == str(fault)
    waited, sent = server.clock.now, server.sent
    assert (sent, 3.75 <= waited <= 7.5) == (5, True)
    other = server.model()  # another model of the same server, as a later stage asks it
    for n in range(200):
        assert await ask(other, n) == str(fault)
    assert (server.clock.now, server.sent) == (waited, sent)


async def test_whether_it_is_back_is_seen_ever_more_seldom_by_one_call():
    server = Server(down_until=100)
    lm = server.model()
    await ask(lm)
    probes = []
    for _ in range(140):
        server.clock.now += 1
        before = server.sent
        answers = await asyncio.gather(*(ask(lm, n) for n in range(4)))
        if server.sent > before:
            probes.append(server.clock.now)
        if "4" in answers:
            break
    gaps = [later - earlier for earlier, later in pairwise(probes)]
    assert gaps == pytest.approx([2, 4, 8, 16, 32, 60])
    assert set(await asyncio.gather(*(ask(lm, n) for n in range(20)))) == {"4"}
    assert not server.lane.outage.is_on


@pytest.mark.parametrize("fault", [LOST, DOWN], ids=["no connection", "503"])
@pytest.mark.parametrize(("seconds", "is_waited_for"), [(3, True), (40, True), (1000, False)])
async def test_one_that_had_answered_is_waited_for_by_all_for_a_minute(seconds, is_waited_for, fault):
    server = Server(down_from=1, down_until=1 + seconds, fault=fault)
    lm = server.model()
    assert await ask(lm) == "4"
    server.clock.now = 1.0
    answers = await asyncio.gather(*(ask(lm, n) for n in range(30)))
    assert set(answers) == ({"4"} if is_waited_for else {str(fault)})
    if not is_waited_for:
        assert server.clock.now >= 60
        ended, sent = server.clock.now, server.sent
        assert await ask(lm) == str(fault)
        assert (server.clock.now, server.sent <= sent + 1) == (ended, True)


async def test_a_server_that_answers_with_an_error_can_be_reached():
    replies = [LOST] * 4 + [ProviderError("overloaded")] + [LOST] * 4 + ["4"]
    clock = Clock()
    lm = Retrying(Scripted(lambda _: replies.pop(0)), sleep=clock.sleep, rng=Random(0))
    assert await ask(lm) == str(LOST)  # the fifth lost connection of this call
    assert await ask(lm) == "4"


async def test_one_question_that_is_always_answered_with_a_503_is_given_up_while_others_are_answered():
    clock = Clock()
    lane = Lane(8, clock=clock, sleep=clock.sleep)
    scripted = Scripted(lambda asked: DOWN if asked == request(0) else "4")
    lm = Retrying(Limited(scripted, lane), sleep=lane.rest, rng=Random(0), outage=lane.outage)

    async def others():
        return [await ask(lm, n) for n in range(1, 200)]

    refused, answers = await asyncio.gather(ask(lm, 0), others())
    assert refused == str(DOWN)
    assert (set(answers), lane.outage.is_on) == ({"4"}, False)
