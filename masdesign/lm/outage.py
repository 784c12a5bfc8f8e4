"""A server that cannot be reached is waited for once, not by every call anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from masdesign.errors import ProviderError

PATIENCE = 60.0
"""Seconds that calls wait for a server that had answered before; one that never did is not waited for."""
FIRST, MOST = 1.0, 60.0
"""Seconds until a call sees whether the server is back: at first, and at most. They double in between."""


class Outage:
    """Whether a server cannot be reached, as all its calls share it.

    It begins where all tries of a call ended without a connection. From then on one call at a time is sent,
    ever more seldom. The others wait for what it comes to while there is patience, and end at once with the
    error that began it when there is none.

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
        """Learn that all tries of a call ended without a connection. Where it is known, nothing changes."""
        if not self._error:
            self._error, self._began = str(error), self._clock()
            self._next, self._interval = self._began + FIRST, 2 * FIRST

    def end(self) -> None:
        """Learn that the server has answered."""
        self._error, self._was_reached = "", True
