"""5,000 calls against a server whose limit nobody knows: our lane beside the best fixed concurrency.

    python tests/benchmarks/bench_adaptive.py

The server is simulated on a clock of its own, which jumps from event to event: log-normal latencies (median
one second), and calls beyond the limit are turned away at once. Our whole stack is asked (budget, cache,
retries, lane), so that what is lost by waiting is counted.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from random import Random
from typing import Any

from masdesign.errors import ProviderError
from masdesign.lm import Budgeted, Cached, Limited, Retrying
from masdesign.lm.lane import Lane
from masdesign.records.cache import Cache
from masdesign.spending.ledger import Ledger
from masdesign.types import Completion, Message, Request, Usage

CALLS, AT_ONCE = 5_000, 256
LIMITS = (8, 24, 100)


class Jumping(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next event."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, self._scheduled[0]._when)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


class Server:
    """Takes ``limit`` calls at a time."""

    model, window = "simulated", 4096

    def __init__(self, limit: int) -> None:
        self.limit, self.busy, self.turned_away, self.rng = limit, 0, 0, Random(0)

    async def complete(self, request: Request) -> Completion:
        if self.busy >= self.limit:
            self.turned_away += 1
            raise ProviderError("too many", kind="rate_limit")
        self.busy += 1
        try:
            await asyncio.sleep(math.exp(self.rng.gauss(0, 0.4)))
        finally:
            self.busy -= 1
        return Completion("4", Usage(10, 1))

    async def aclose(self) -> None:
        pass


def seconds(limit: int, calls: int, lane: Callable[[asyncio.AbstractEventLoop], Lane]) -> tuple[float, int]:
    """How long the calls take, and how many were turned away."""
    loop = Jumping()
    server = Server(limit)

    async def run() -> None:
        way, ledger = lane(loop), Ledger()
        with Cache.memory() as cache:
            stack = Cached(Retrying(Limited(server, way), sleep=way.rest, rng=Random(1)), cache)
            lm = Budgeted(stack, ledger)
            texts = await asyncio.gather(*(lm.complete(_request(n)) for n in range(calls)))
            assert len(texts) == calls == ledger.spend.paid_calls
            await lm.aclose()

    _finish(loop, run())
    return loop.now, server.turned_away


def _finish(loop: asyncio.AbstractEventLoop, run: Coroutine[Any, Any, None]) -> None:
    try:
        loop.run_until_complete(run)
    finally:
        loop.close()


def _request(n: int) -> Request:
    return Request((Message("user", f"{n} + 1 ="),), max_tokens=16)


def measure(limit: int, calls: int = CALLS) -> tuple[float, float, int]:
    """Ours, the best fixed concurrency's, and how many of ours were turned away."""
    ours, turned_away = seconds(limit, calls, lambda loop: Lane(AT_ONCE, starts_slowly=True, clock=loop.time))
    best = min(seconds(limit, calls, partial(_fixed, k))[0] for k in (limit - 1, limit, limit + 1))
    return ours, best, turned_away


def _fixed(most: int, loop: asyncio.AbstractEventLoop) -> Lane:
    lane = Lane(most)
    lane.turned_away = lambda error, sent: None  # type: ignore[method-assign]
    return lane


if __name__ == "__main__":
    for limit in LIMITS:
        ours, best, turned_away = measure(limit)
        sys.stdout.write(
            f"limit {limit:>3}: {ours:7.1f} s, best fixed {best:7.1f} s: {ours / best - 1:+.1%}; "
            f"{turned_away} of {CALLS} calls were turned away first\n"
        )
