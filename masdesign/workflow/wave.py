"""Waves: the order in which the completions of one item are asked for, free of timing.

Completions issued together are sent when every coroutine of the item waits, and all of them are
resumed together, in order of issue. So the number of a draw never depends on which completion came
back first. The coroutines of an item are counted: `Wave.join` and `Wave.fork` keep the count.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

R = TypeVar("R")
Work = Callable[[], Coroutine[Any, Any, Any]]


class Wave:
    """The coroutines of one item, and what they wait for."""

    def __init__(self) -> None:
        self._runnable = 1
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._in_flight: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def join(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """What ``work`` gives, sent with the next wave and had when the whole wave is back."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        self.leave()
        return await future

    def fork(self, children: int) -> None:
        """One coroutine waits for ``children`` new ones."""
        self._runnable += children - 1

    def leave(self) -> None:
        """One coroutine waits, or has ended."""
        self._runnable -= 1
        if self._runnable <= 0:
            self._send()

    def close(self) -> None:
        """Gives up what is in flight; nothing more is sent."""
        self._closed = True
        for task in self._in_flight:
            task.cancel()

    def _send(self) -> None:
        batch, self._waiting = self._waiting, []
        if self._closed or not batch:
            return
        left = len(batch)

        def done(task: asyncio.Task[Any]) -> None:
            nonlocal left
            left -= 1
            self._in_flight.discard(task)
            if left == 0:
                self._resume([future for _, future in batch], tasks)

        tasks = [asyncio.ensure_future(work()) for work, _ in batch]
        self._in_flight.update(tasks)
        for task in tasks:
            task.add_done_callback(done)

    def _resume(self, futures: list[asyncio.Future[Any]], tasks: list[asyncio.Task[Any]]) -> None:
        self._runnable += len(futures)
        for future, task in zip(futures, tasks, strict=True):
            if future.done():  # its coroutine was cancelled with the whole item
                if not task.cancelled():
                    task.exception()
            elif task.cancelled():
                future.cancel()
            elif (error := task.exception()) is not None:
                future.set_exception(error)
            else:
                future.set_result(task.result())
