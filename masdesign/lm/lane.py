"""The way to one server: how many calls it takes at once, and when it wants to be left alone.

A server that cannot be reached is waited for once, not by every call anew.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

from masdesign.errors import InputError, ProviderError
from masdesign.lm.protocol import LM, Wrapper
from masdesign.lm.spec import ModelSpec
from masdesign.types import Completion, Request

PATIENCE = 60.0
"""Seconds that calls wait for a server that had answered before; one that never did is not waited for."""
FIRST, MOST = 1.0, 60.0
"""Seconds until a call sees whether the server is back: at first, and at most. They double in between."""


class Outage:
    """Whether a server cannot be reached, as all its calls share it.

    It begins where all tries of a call ended without a connection, or a limit is used up for long. From then
    on one call at a time is sent, ever more seldom. The others wait for what it comes to while there is
    patience, and end at once with the error that began it when there is none.

    >>> import asyncio
    >>> now = 0.0
    >>> async def lost(outage):
    ...     try:
    ...         await outage.enter()
    ...     except ProviderError as error:
    ...         return str(error)
    >>> outage = Outage(clock=lambda: now)
    >>> outage.begin(ProviderError("no connection", kind="connection"))
    >>> asyncio.run(lost(outage))
    'no connection'
    >>> now = 1.5
    >>> asyncio.run(lost(outage)), asyncio.run(lost(outage))  # the first one is sent
    (None, 'no connection')
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._error = ""
        self._was_reached = False
        self._began = self._next = self._interval = 0.0

    @property
    def is_on(self) -> bool:
        """Whether the server could not be reached when it was last tried."""
        return bool(self._error)

    async def enter(self) -> None:
        """Wait until a call may be sent; where there is no outage, it may at once.

        Raises:
            ProviderError: the server is not waited for any longer.
        """
        while self._error:
            now = self._clock()
            if now >= self._next:
                self._next, self._interval = now + self._interval, min(MOST, 2 * self._interval)
                return
            if not self._was_reached or now >= self._began + PATIENCE:
                raise ProviderError(self._error, kind="connection")
            await self._sleep(min(FIRST, self._next - now))

    def begin(self, error: ProviderError) -> None:
        """Learn that a server cannot be reached. Where it is known, nothing changes."""
        if not self._error:
            self._error, self._began = str(error), self._clock()
            self._next, self._interval = self._began + FIRST, 2 * FIRST

    def end(self) -> None:
        """Learn that the server has answered."""
        self._error, self._was_reached = "", True


LONGEST_PAUSE = 60.0
"""The longest pause in seconds that a server's Retry-After makes for all its calls."""

BACK, SLOW = 0.75, 0.125
"""By what share of the way back a halved lane grows each round trip, and by how many calls at least."""


MINUTE = 60.0
_CHARACTERS = 4  # of a token


class Pace:
    """Keeps calls within ``rpm`` requests and ``tpm`` tokens in any minute; 0 is no limit.

    Of a call that is not back yet the tokens are estimated: those of its prompt by characters, and as many
    for its completion as calls had on average.
    """

    def __init__(
        self,
        rpm: float = 0.0,
        tpm: float = 0.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rpm, self._tpm, self._clock, self._sleep = rpm, tpm, clock, sleep
        self._sent: deque[tuple[float, float]] = deque()  # when, and tokens
        self._calls = self._tokens = 0.0

    @classmethod
    def of(cls, limits: Mapping[str, float]) -> Pace | None:
        """The pace that a spec's limits ask for; ``None`` where they ask for none."""
        rpm, tpm = limits.get("rpm", 0.0), limits.get("tpm", 0.0)
        return cls(rpm, tpm) if rpm or tpm else None

    async def turn(self, request: Request) -> None:
        """Wait until the request fits into the last minute; it counts from then on."""
        tokens = self._estimate(request)
        while True:
            now = self._clock()
            while self._sent and self._sent[0][0] <= now - MINUTE:
                self._sent.popleft()
            if self._fits(tokens):
                self._sent.append((now, tokens))
                return
            await self._sleep(max(0.01, self._sent[0][0] + MINUTE - now))

    def note(self, tokens: int) -> None:
        """Learn how many tokens a call had."""
        self._calls += 1
        self._tokens += tokens

    def _fits(self, tokens: float) -> bool:
        if not self._sent:
            return True  # a single call that is larger than the limit is the provider's to refuse
        if self._rpm and len(self._sent) + 1 > self._rpm:
            return False
        return not self._tpm or sum(sent for _, sent in self._sent) + tokens <= self._tpm

    def _estimate(self, request: Request) -> float:
        prompt = sum(len(message.content) for message in request.messages) / _CHARACTERS
        return max(prompt, self._tokens / self._calls) if self._calls else prompt + request.max_tokens


class Lane:
    """Lets at most ``most`` calls at a time through; the others wait in the order they came.

    The number adapts. A lane that ``starts_slowly`` begins with one call and doubles each round trip, until
    it is full or a call is turned away by a rate limit. Then it is halved, comes three quarters of the way
    back to where that was each round trip, and goes on slowly (after L. Xu, K. Harfoush, I. Rhee 2004,
    doi:10.1109/INFCOM.2004.1354672). Calls that were sent before it was halved halve it no further. Where
    the server says how long it wants to be left alone, nothing is sent until then.
    """

    def __init__(
        self,
        most: int,
        *,
        starts_slowly: bool = False,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if most < 1:
            raise InputError(f"concurrency {most} is too small; give 1 or more")
        self._most, self._adapts, self._pace = most, starts_slowly, pace
        self._clock, self._sleep = clock, sleep
        self.outage = Outage(clock=clock, sleep=sleep)
        """Whether the server cannot be reached."""
        self.allowed = 1.0 if starts_slowly else float(most)
        """Calls at a time that are let through now."""
        self._turned_away_at = float("inf")  # calls in flight when a rate limit was last met
        self._busy = self._resting = 0
        self._peak, self._left = 0, 1.0  # most calls in flight in this round trip; calls until its end
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._halved = self._open_at = float("-inf")

    @property
    def places(self) -> float:
        """Calls worth having under way: those in flight, and those that rest before they are tried again."""
        return int(self.allowed) + self._resting if self._adapts else float("inf")

    async def rest(self, seconds: float) -> None:
        """Sleep before a call is tried again; its place is another's meanwhile."""
        self._resting += 1
        try:
            await self._sleep(seconds)
        finally:
            self._resting -= 1

    async def enter(self, request: Request) -> float:
        """Wait for a place, and until the server and the user's own limits allow the call; give the time."""
        if self._busy < int(self.allowed) and not self._waiting:
            self._busy += 1
        else:
            await self._wait()
        try:
            closed = self._open_at - self._clock()
            if closed > 0:
                await self._sleep(closed)
            if self._pace is not None:
                await self._pace.turn(request)
        except BaseException:
            self.leave()
            raise
        self._peak = max(self._peak, self._busy)
        return self._clock()

    def leave(self) -> None:
        """Give the place back."""
        self._busy -= 1
        self._admit()

    def went_through(self, tokens: int) -> None:
        """Learn of a completion: where places were taken in this round trip, there may be more of them."""
        if self._pace is not None:
            self._pace.note(tokens)
        is_new = self._turned_away_at == float("inf")
        if self._peak < self.allowed / (2 if is_new else 1) - 1:
            step = 0.0
        elif is_new:
            step = 1.0
        else:
            step = max(SLOW, BACK * (self._turned_away_at - self.allowed)) / self.allowed
        self.allowed = min(self._most, self.allowed + step)
        self._left -= 1
        if self._left <= 0:  # a round trip
            self._peak, self._left = self._busy, self.allowed

    def turned_away(self, error: ProviderError, sent: float) -> None:
        """Learn of a rate limit that a call met which was sent at a time."""
        now = self._clock()
        if error.retry_after:
            self._open_at = max(self._open_at, now + min(error.retry_after, LONGEST_PAUSE))
        if sent > self._halved:
            self._turned_away_at = min(self.allowed, float(self._busy))
            self.allowed, self._halved = max(1.0, self.allowed / 2), now

    async def _wait(self) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it had a place already
                self.leave()
            raise

    def _admit(self) -> None:
        while self._waiting and self._busy < int(self.allowed):
            place = self._waiting.popleft()
            if not place.done() and not place.get_loop().is_closed():
                self._busy += 1
                place.set_result(None)


class Lanes:
    """The lanes of a session: one a server, whatever models and options it is asked with."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[object, ...], Lane] = {}

    def of(self, spec: ModelSpec, server: str, most: int) -> Lane:
        """The lane of a spec. Those with limits of their own (calls at once, rpm, tpm) have one of their own.

        Parameters:
            server: its address; empty where the model is computed here.
            most: calls at once, where the spec says no fewer.
        """
        own = {name: spec.limits[name] for name in ("concurrency", "rpm", "tpm") if name in spec.limits}
        key = (server or spec.id, *sorted(own.items()))
        if key not in self._lanes:
            most = min(most, int(own.get("concurrency", most)))
            self._lanes[key] = Lane(most, starts_slowly=bool(server), pace=Pace.of(own))
        return self._lanes[key]


class Limited(Wrapper):
    """Sends each call on a lane, which other models of the same server may share.

    It belongs inside `Cached` and `Retrying`, so that only what is really sent takes a place.

    Parameters:
        lane: a `Lane`, or the number of calls at a time.
    """

    def __init__(self, inner: LM, lane: Lane | int) -> None:
        super().__init__(inner)
        self.lane = lane if isinstance(lane, Lane) else Lane(lane)

    @property
    def places(self) -> float:
        """Calls that the server takes at once, now."""
        return self.lane.places

    async def complete(self, request: Request) -> Completion:
        """Ask when a place is free."""
        sent = await self.lane.enter(request)
        try:
            completion = await self.inner.complete(request)
            if not isinstance(completion, Completion):  # a model may be a plug-in
                words = f"model {self.model!r} replied with {completion!r:.60}"
                raise InputError(f"{words}; give Completion(text, Usage(prompt_tokens, completion_tokens))")
        except ProviderError as error:
            if error.kind == "rate_limit":
                self.lane.turned_away(error, sent)
            raise
        else:
            self.lane.went_through(completion.usage.tokens)
            return completion
        finally:
            self.lane.leave()
