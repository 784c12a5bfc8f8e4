"""At most so many calls in flight."""

from __future__ import annotations

import asyncio

from masdesign.errors import InputError
from masdesign.lm.protocol import LM, Wrapper
from masdesign.types import Completion, Request


class Limited(Wrapper):
    """Lets ``concurrency`` calls at a time through; the others wait in the order they came.

    It belongs inside `Cached`, so that only what is really sent takes a place.
    """

    def __init__(self, inner: LM, concurrency: int) -> None:
        if concurrency < 1:
            raise InputError(f"concurrency {concurrency} is too small; give 1 or more")
        super().__init__(inner)
        self._places = asyncio.Semaphore(concurrency)

    async def complete(self, request: Request) -> Completion:
        """Wait for a place, then ask."""
        async with self._places:
            return await self.inner.complete(request)
