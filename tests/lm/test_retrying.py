"""Faults that pass are waited out, each kind by its own limit."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from masdesign.errors import (
    BilledError,
    ContextOverflow,
    CredentialsError,
    InputError,
    LMError,
    ProviderError,
)
from masdesign.lm import Limited, Retrying, RetryPolicy, Scripted
from masdesign.types import Completion, Message, Request, Usage

REQUEST = Request((Message("user", "2 + 2 ="),))
POLICY = RetryPolicy(rate_limit=4, timeout=2, server=3, connection=3, base=1, cap=8)


class Naps(list[float]):
    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


async def ask(*faults: Exception) -> tuple[str, int, Naps]:
    """The reply (or the error's words) after these faults, the calls made, the waits."""
    replies: list[str | Exception] = [*faults, "4"]
    lm, naps = Scripted(lambda request: replies.pop(0)), Naps()
    try:
        text = (await Retrying(lm, POLICY, sleep=naps, rng=Random(0)).complete(REQUEST)).text
    except LMError as error:
        text = str(error)
    return text, len(lm.requests), naps


@pytest.mark.parametrize(
    ("kind", "tries"), [("rate_limit", 4), ("timeout", 2), ("server", 3), ("connection", 3)]
)
async def test_each_kind_has_its_own_limit(kind: str, tries: int) -> None:
    faults = [ProviderError(f"fault {number}", kind=kind) for number in range(9)]
    assert (await ask(*faults[: tries - 1]))[:2] == ("4", tries)
    assert (await ask(*faults))[:2] == (f"fault {tries - 1}", tries)


async def test_kinds_are_counted_apart() -> None:
    mixed = [
        ProviderError("x", kind=kind) for kind in ("timeout", "server", "rate_limit", "connection", "server")
    ]
    assert (await ask(*mixed))[:2] == ("4", 6)


async def test_waits_double_with_jitter_up_to_the_cap() -> None:
    policy = RetryPolicy(rate_limit=9, base=1, cap=8)
    waits = [policy.wait(tried, None, Random(tried)) for tried in range(1, 7)]
    for wait, full in zip(waits, [1, 2, 4, 8, 8, 8], strict=True):
        assert full / 2 <= wait <= full
    assert (await ask(ProviderError("x"), ProviderError("y")))[2] == (
        await ask(ProviderError("x"), ProviderError("y"))
    )[2]


async def test_retry_after_is_honoured_as_far_as_patience_goes() -> None:
    _, _, naps = await ask(ProviderError("slow down", kind="rate_limit", retry_after=20))
    assert 20 <= naps[0] <= 21
    text, calls, naps = await ask(ProviderError("tomorrow", kind="rate_limit", retry_after=9999))
    assert (text, calls) == ("4", 2)
    assert 60 <= naps[0] <= 64


async def test_a_limit_that_is_used_up_for_hours_is_told_to_all_calls_at_once() -> None:
    """Each call of a search waited ten minutes for the limit of a day."""
    lm = Scripted(lambda request: ProviderError("Limit of a day", kind="rate_limit", retry_after=25_920))
    naps = Naps()
    retrying = Retrying(lm, RetryPolicy(), sleep=naps, rng=Random(0))
    for number in range(5):
        with pytest.raises(ProviderError, match="asks for a wait of 25920 s"):
            await retrying.complete(Request((Message("user", str(number)),)))
    assert len(lm.requests) == 2
    assert sum(naps) < 70


async def test_where_others_come_through_a_call_waits_its_turn() -> None:
    """Of many calls at once the provider takes one a second; all of them come through in the end."""
    clock = refused = 0.0

    def reply(request: Request) -> str | Exception:
        nonlocal clock, refused
        if int(now) > clock:
            clock = int(now)
            return "4"
        refused += 1
        return ProviderError("slow down", kind="rate_limit", retry_after=0.5)

    now = 1.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        end = now + seconds
        while now < end:  # everyone's clock is the slowest one's
            now += 0.01
            await asyncio.sleep(0)

    lm = Retrying(Scripted(reply), POLICY, sleep=sleep, rng=Random(0))
    found = await asyncio.gather(*[lm.complete(REQUEST) for _ in range(30)])
    assert [completion.text for completion in found] == ["4"] * 30
    assert refused > 30


async def test_where_none_come_through_all_give_up() -> None:
    faults = [ProviderError("quota used up", kind="rate_limit", retry_after=1) for _ in range(99)]
    assert (await ask(*faults))[:2] == ("quota used up", 4)


@pytest.mark.parametrize(
    "error",
    [
        CredentialsError("refused"),
        ContextOverflow("too long"),
        BilledError("no message", Usage(5, 0)),
        ProviderError("bad request", kind="request"),
    ],
)
async def test_what_a_retry_cannot_cure_passes_at_once(error: Exception) -> None:
    assert await ask(error) == (str(error), 1, [])


async def test_limited_lets_so_many_through() -> None:
    inside = peak = 0

    class Counting(Scripted):
        async def complete(self, request: Request) -> Completion:
            nonlocal inside, peak
            inside += 1
            peak = max(peak, inside)
            try:
                return await super().complete(request)
            finally:
                inside -= 1

    lm = Limited(Counting(lambda request: "4"), 3)
    await asyncio.gather(*[lm.complete(REQUEST) for _ in range(20)])
    assert peak == 3
    with pytest.raises(InputError, match="give 1 or more"):
        Limited(lm, 0)
