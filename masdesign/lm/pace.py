"""Requests and tokens a minute, as a user's contract with a provider allows them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

from masdesign.types import Request

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
