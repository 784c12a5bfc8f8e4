"""A few threads that run blocking steps for an event loop: lighter a step than an executor."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

R = TypeVar("R")
_Step = tuple[Callable[[], Any], "asyncio.Future[Any]"]
_Ended = tuple["asyncio.Future[Any]", object, BaseException | None]


class Threads:
    """``count`` daemon threads, started with the first step, that serve steps in order of issue."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._steps: SimpleQueue[_Step | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._ended: dict[asyncio.AbstractEventLoop, list[_Ended]] = {}
        """Steps that a loop has not heard of yet: it is woken once for all of them."""
        self._guard = threading.Lock()

    async def run(self, step: Callable[[], R]) -> R:
        """What ``step`` gives, run in one of the threads."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        if not self._threads:
            self._threads = [
                threading.Thread(target=self._serve, name=f"sandbox-{i}", daemon=True)
                for i in range(self._count)
            ]
            for thread in self._threads:
                thread.start()
        self._steps.put((step, future))
        return await future

    def close(self) -> None:
        """Ends the threads, once the steps at hand are done."""
        for _ in self._threads:
            self._steps.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _serve(self) -> None:
        while (job := self._steps.get()) is not None:
            step, future = job
            if future.cancelled():
                continue
            result, error = None, None
            try:
                result = step()
            except BaseException as caught:  # noqa: BLE001  (it is raised where the step is awaited)
                error = caught
            self._tell(future, result, error)
            del job, step, future, result, error

    def _tell(self, future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
        loop = future.get_loop()
        with self._guard:
            for closed in [other for other in self._ended if other.is_closed()]:
                del self._ended[closed]  # nobody waits
            ended = self._ended.setdefault(loop, [])
            ended.append((future, result, error))
            if len(ended) == 1:
                with suppress(RuntimeError):  # the loop has just closed
                    loop.call_soon_threadsafe(self._settle, loop)

    def _settle(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._guard:
            ended = self._ended.pop(loop, [])
        for future, result, error in ended:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
