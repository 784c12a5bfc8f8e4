"""Faults that pass are waited out."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from masdesign.errors import ProviderError
from masdesign.lm.lane import Outage
from masdesign.lm.protocol import LM, Wrapper
from masdesign.types import Completion, Request

TURNS = 10
"""Retry multiplier for a rate-limited call while other calls succeed."""

_LOST = ("connection", "unavailable")
"""Kinds of faults by which a server cannot be reached."""


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
    unavailable: int = 5
    """Tries that may end in an answer that the service is down (502, 503)."""
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
        kinds = {"rate_limit", "timeout", "server", "connection", "unavailable"}
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

    A fault that stays is raised as it came last. Where no try of a call reached the server, its ``outage``
    begins, and calls are tried as that says. ``sleep`` and ``rng`` are passed in.
    """

    def __init__(
        self,
        inner: LM,
        policy: RetryPolicy | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Random,
        outage: Outage | None = None,
    ) -> None:
        super().__init__(inner)
        self.policy, self._sleep, self._rng = policy or RetryPolicy(), sleep, rng
        self._outage = outage or Outage(sleep=sleep)
        self._had = 0  # completions so far, of all calls

    async def complete(self, request: Request) -> Completion:
        """Ask until a completion comes or the tries of a fault's kind are used up."""
        faults: Counter[str] = Counter()
        alone, had = 0, self._had  # tries since another call came through; completions at the last try
        while True:
            await self._outage.enter()
            try:
                completion = await self.inner.complete(request)
            except ProviderError as fault:
                faults[fault.kind] += 1
                alone, had = 1 if self._had > had else alone + 1, self._had
                if self._is_lost(fault, faults, alone):
                    self._outage.begin(self._explain(fault))
                    continue
                if self._is_over(fault, faults[fault.kind], alone):
                    raise self._explain(fault) from fault.__cause__
                pause = self.policy.wait(faults.total(), fault.retry_after, self._rng)
            else:
                self._had += 1
                self._outage.end()
                return completion
            await self._sleep(pause)

    def _explain(self, fault: ProviderError) -> ProviderError:
        """The fault itself; where the server asks for more patience than there is, one that says so."""
        wait, patience = fault.retry_after or 0.0, self.policy.patience
        if wait <= patience:
            return fault
        message = (
            f"{fault} (it asks for a wait of {wait:g} s, and each was of {patience:g} s; try again later)"
        )
        return ProviderError(message, kind=fault.kind, retry_after=wait)

    def _is_lost(self, fault: ProviderError, faults: Counter[str], alone: int) -> bool:
        """Whether the server cannot be reached, as far as this call knows, or another one before it.

        One that says itself that it is down is believed where no other call comes through; so is one that
        twice asks for a wait longer than all tries would take (the limit of a day is used up).
        """
        if fault.kind == "rate_limit" and alone > 1:
            return (fault.retry_after or 0.0) > self.policy.patience * self.policy.rate_limit
        if fault.kind not in _LOST:
            return False
        tried = sum(faults[kind] for kind in _LOST)
        enough = tried == faults.total() >= self.policy.tries(fault.kind)
        return self._outage.is_on or (enough and (fault.kind == "connection" or alone >= tried))

    def _is_over(self, fault: ProviderError, tries: int, alone: int) -> bool:
        most = self.policy.tries(fault.kind)
        waits_its_turn = fault.kind == "rate_limit" and alone < most
        return tries >= most * (TURNS if waits_its_turn else 1)
