"""At most so many calls in flight: fewer while a server says that it has too many."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

from masdesign.errors import InputError, ProviderError
from masdesign.lm.pace import Pace
from masdesign.lm.protocol import LM, Wrapper
from masdesign.types import Completion, Request

PATIENCE = 60.0
"""The longest pause in seconds that a server's Retry-After makes for all its calls."""


class Limited(Wrapper):
    """Lets at most ``concurrency`` calls at a time through; the others wait in the order they came.

    The number adapts: it is halved when a call is turned away by a rate limit, and grows by one for as many
    completions as it allows (additive increase, multiplicative decrease: D.-M. Chiu, R. Jain 1989,
    doi:10.1016/0169-7552(89)90019-6). Calls that were sent before it was halved halve it no further. Where
    the server says how long it wants to be left alone, nothing is sent until then.

    It belongs inside `Cached` and `Retrying`, so that only what is really sent takes a place.
    """

    def __init__(
        self,
        inner: LM,
        concurrency: int,
        *,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if concurrency < 1:
            raise InputError(f"concurrency {concurrency} is too small; give 1 or more")
        super().__init__(inner)
        self._most, self._pace, self._clock, self._sleep = concurrency, pace, clock, sleep
        self.allowed = float(concurrency)
        """Calls at a time that are let through now."""
        self._busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._halved = self._open_at = float("-inf")

    async def complete(self, request: Request) -> Completion:
        """Wait for a place, then ask."""
        await self._enter()
        try:
            await self._hold_back(request)
            sent = self._clock()
            completion = await self.inner.complete(request)
            if self._pace is not None:
                self._pace.note(completion.usage.tokens)
            self.allowed = min(float(self._most), self.allowed + 1 / self.allowed)
            return completion
        except ProviderError as error:
            if error.kind == "rate_limit":
                self._back_off(error, sent)
            raise
        finally:
            self._busy -= 1
            self._admit()

    async def _enter(self) -> None:
        if self._busy < int(self.allowed) and not self._waiting:
            self._busy += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it had a place already
                self._busy -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting and self._busy < int(self.allowed):
            place = self._waiting.popleft()
            if not place.done() and not place.get_loop().is_closed():
                self._busy += 1
                place.set_result(None)

    async def _hold_back(self, request: Request) -> None:
        """Wait until the server wants to be asked again, and the user's own limits allow it."""
        closed = self._open_at - self._clock()
        if closed > 0:
            await self._sleep(closed)
        if self._pace is not None:
            await self._pace.turn(request)

    def _back_off(self, error: ProviderError, sent: float) -> None:
        now = self._clock()
        if error.retry_after:
            self._open_at = max(self._open_at, now + min(error.retry_after, PATIENCE))
        if sent > self._halved:
            self.allowed, self._halved = max(1.0, self.allowed / 2), now
