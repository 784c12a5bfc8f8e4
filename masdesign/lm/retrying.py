"""Faults that pass are waited out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from masdesign.errors import ProviderError
from masdesign.lm.protocol import LM, Wrapper
from masdesign.types import Completion, Request

TURNS = 10
"""Retry multiplier for a rate-limited call while other calls succeed."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a call is tried for each kind of fault, and how long is waited in between."""

    rate_limit: int = 10
    """Tries that may end in a rate limit (429) while no other call comes through; where others do, the
    limit is our own haste, and a call waits its turn for ten times as many."""
    timeout: int = 3
    """Tries that may end in a time-out."""
    server: int = 5
    """Tries that may end in a server's error (5xx, a malformed reply)."""
    connection: int = 5
    """Tries that may end in a refused or cut connection."""
    base: float = 0.5
    """Seconds of the first wait; each further one doubles."""
    cap: float = 30.0
    """The longest wait in seconds that is not the provider's own wish."""
    jitter: float = 4.0
    """The longest wait in seconds that is added to a Retry-After, so that not all come back together."""
    patience: float = 60.0
    """The longest wait in seconds for a Retry-After; where it is longer, the call is tried again then."""

    def tries(self, kind: str) -> int:
        """Tries for faults of ``kind`` (`ProviderError.kind`); other kinds are not tried again."""
        kinds = {"rate_limit", "timeout", "server", "connection"}
        return int(getattr(self, kind)) if kind in kinds else 1

    def wait(self, tried: int, retry_after: float | None, rng: Random) -> float:
        """Seconds to wait after try number ``tried``: exponential, with full jitter in its upper half;
        never shorter than what the provider asked for, and then with full jitter."""
        backoff, draw = self.base * 2.0 ** min(tried - 1, 30), rng.random()
        if retry_after is None:
            return min(self.cap, backoff) * (0.5 + 0.5 * draw)
        return min(self.patience, retry_after) + min(self.jitter, backoff) * draw


class Retrying(Wrapper):
    """Asks again after a `ProviderError`, as `RetryPolicy` says; every other error passes.

    A fault that stays is raised as it came last. ``sleep`` and ``rng`` are passed in.
    """

    def __init__(
        self,
        inner: LM,
        policy: RetryPolicy | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Random,
    ) -> None:
        super().__init__(inner)
        self.policy, self._sleep, self._rng = policy or RetryPolicy(), sleep, rng
        self._had = 0  # completions so far, of all calls

    async def complete(self, request: Request) -> Completion:
        """Ask until a completion comes or the tries of a fault's kind are used up."""
        before = self._had
        try:
            completion = await self.inner.complete(request)
        except ProviderError as fault:
            completion = await self._again(request, fault, before)
        self._had += 1
        return completion

    async def _again(self, request: Request, fault: ProviderError, before: int) -> Completion:
        """After a first try that ended in ``fault``. Most calls need no more, and so none of tenacity's time.

        Parameters:
            before: completions that had come, of all calls, when the first try was made.
        """
        faults: Counter[str] = Counter()
        alone = 0  # tries since another call came through

        def is_over(state: RetryCallState) -> bool:
            nonlocal before, alone
            error = _fault(state)
            faults[error.kind] += 1
            alone = 1 if self._had > before else alone + 1
            before = self._had
            return self._is_over(error, faults[error.kind], alone)

        def wait(state: RetryCallState) -> float:
            return self.policy.wait(state.attempt_number, _fault(state).retry_after, self._rng)

        first: ProviderError | None = fault

        async def attempt() -> Completion:
            nonlocal first
            if first is not None:
                had, first = first, None
                raise had
            return await self.inner.complete(request)

        retrying = AsyncRetrying(
            sleep=self._sleep,
            stop=is_over,
            wait=wait,
            retry=retry_if_exception_type(ProviderError),
            reraise=True,
        )
        completion: Completion = await retrying(attempt)
        return completion

    def _is_over(self, error: ProviderError, tries: int, alone: int) -> bool:
        most = self.policy.tries(error.kind)
        waits_its_turn = error.kind == "rate_limit" and alone < most
        return tries >= most * (TURNS if waits_its_turn else 1)


def _fault(state: RetryCallState) -> ProviderError:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, ProviderError):
        raise TypeError(f"only a ProviderError is retried, not {error!r}")
    return error
