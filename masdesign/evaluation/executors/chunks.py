"""Jobs that go out in chunks: what waits goes together, while only so many chunks are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

J = TypeVar("J")
R = TypeVar("R")


class Chunks(Generic[J, R]):
    """Sends jobs by ``send``, which gives their results aligned with them.

    A job goes at once where a place is free; otherwise it waits, and goes with all that wait then, shared
    out evenly over the places that are free. So chunks grow with the load, without a clock.

    Parameters: ``places`` is the number of chunks under way at once, ``most`` that of jobs in a chunk.
    """

    def __init__(
        self, send: Callable[[Sequence[J]], Awaitable[Sequence[R]]], *, places: int, most: int
    ) -> None:
        self._send, self._free, self._most = send, places, most
        self._waiting: list[tuple[J, asyncio.Future[R]]] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def had(self, job: J) -> R:
        """The job's result. Raises what ``send`` raised for its chunk."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[R] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)  # after every task that is ready has had its turn
        self._waiting.append((job, result))
        return await result

    def close(self) -> None:
        """Give up what is under way."""
        for task in self._under_way:
            task.cancel()

    def _flush(self) -> None:
        waiting = [entry for entry in self._waiting if not entry[1].done()]  # some were given up
        while waiting and self._free:
            size = min(self._most, -(-len(waiting) // self._free))
            chunk, waiting = waiting[:size], waiting[size:]
            self._free -= 1
            task = asyncio.get_running_loop().create_task(self._carry(chunk))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        self._waiting = waiting

    async def _carry(self, chunk: Sequence[tuple[J, asyncio.Future[R]]]) -> None:
        await deliver(self._send([job for job, _ in chunk]), [result for _, result in chunk])
        self._free += 1
        self._flush()


async def deliver(work: Awaitable[Sequence[R]], results: Sequence[asyncio.Future[R]]) -> None:
    """Give each future its part of what ``work`` gives, or what it raises; none is left waiting."""
    try:
        values = await work
    except Exception as error:  # noqa: BLE001  (it is raised where the results are awaited)
        for result in results:
            if not result.done():
                result.set_exception(error)
    except asyncio.CancelledError:
        for result in results:
            result.cancel()
        raise
    else:
        for result, value in zip(results, values, strict=True):
            if not result.done():
                result.set_result(value)
