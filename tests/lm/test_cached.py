"""Every completion is had once, also when many ask at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from masdesign.errors import BilledError, ProviderError
from masdesign.lm import Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.spending.spend import Meter, meter
from masdesign.types import Completion, Message, Request, Usage

REQUEST = Request((Message("user", "2 + 2 ="),))


async def test_identical_calls_in_flight_are_made_once() -> None:
    lm = Scripted(lambda request: "4")
    with Cache.memory() as cache:
        cached = Cached(lm, cache)
        replies = await asyncio.gather(*[cached.complete(REQUEST) for _ in range(100)])
        assert {reply.text for reply in replies} == {"4"}
        await cached.complete(REQUEST)
    assert len(lm.requests) == 1
    assert lm.requests[0].model == "scripted"


async def test_a_reply_is_the_same_before_and_after_it_was_stored() -> None:
    with Cache.memory() as cache:
        cached = Cached(Scripted(lambda request: "4 \ud800"), cache)
        assert await cached.complete(REQUEST) == await cached.complete(REQUEST)


async def test_samples_and_worlds_are_draws_of_their_own() -> None:
    numbers = iter(range(100))
    with Cache.memory() as cache:
        lm = Cached(Scripted(lambda request: str(next(numbers))), cache)
        requests = [replace(REQUEST, sample=s, world=w) for s in range(3) for w in range(2)]
        first = [(await lm.complete(request)).text for request in requests]
        again = [(await lm.complete(request)).text for request in requests]
    assert first == again
    assert len(set(first)) == 6


async def test_a_failure_is_shared_in_flight_and_not_remembered() -> None:
    replies: list[str | Exception] = [ProviderError("down"), "4"]
    lm = Scripted(lambda request: replies.pop(0))
    with Cache.memory() as cache:
        cached = Cached(lm, cache)
        outcomes = await asyncio.gather(*[cached.complete(REQUEST) for _ in range(5)], return_exceptions=True)
        assert all(isinstance(outcome, ProviderError) for outcome in outcomes)
        assert (await cached.complete(REQUEST)).text == "4"


async def test_where_the_leading_call_is_cancelled_another_takes_over() -> None:
    lm = Scripted(lambda request: "4")
    with Cache.memory() as cache:
        cached = Cached(lm, cache)
        leader = asyncio.create_task(cached.complete(REQUEST))
        follower = asyncio.create_task(cached.complete(REQUEST))
        await asyncio.sleep(0)
        leader.cancel()
        assert (await follower).text == "4"
        with pytest.raises(asyncio.CancelledError):
            await leader


async def test_a_reply_that_was_billed_in_vain_is_paid_for() -> None:
    noted = Meter()
    token = meter.set(noted)
    with Cache.memory() as cache, pytest.raises(BilledError):
        await Cached(Scripted(lambda request: BilledError("odd", Usage(3, 4, 0.5))), cache).complete(REQUEST)
    meter.reset(token)
    assert noted == Meter(0, 0.5)


async def test_only_what_was_really_sent_is_metered() -> None:
    sent = Meter()
    meter.set(sent)
    with Cache.memory() as cache:
        lm = Cached(Scripted(lambda request: Completion("4", Usage(1, 1, 0.5))), cache)
        for sample in (0, 0, 1, 0, 1):
            await lm.complete(replace(REQUEST, sample=sample))
    assert sent == Meter(2, 1.0)
