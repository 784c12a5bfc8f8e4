"""`Host`: where a DSPy program's designs run: an event loop, and a runtime in it, reached from any thread."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from masdesign.errors import BudgetExhausted, CredentialsError, NotRecorded, ProviderError
from masdesign.evaluation.session import open_runtime
from masdesign.workflow import Runtime

T = TypeVar("T")
Work = Callable[[Runtime], Coroutine[Any, Any, T]]


class Stopped(BaseException):
    """The run that this program belongs to has ended. No `except Exception` makes a score of it."""


class Host:
    """Runs coroutines that need a runtime, and waits for them.

    It is never copied: the copies of a program that DSPy's optimisers make share one.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, runtime: Runtime | None) -> None:
        self._loop = loop
        self._runtime = runtime
        self.fatal: BaseException | None = None
        """What has ended the run: a spent budget, a refused key."""
        self.outages = 0
        """Items that a provider failed; DSPy scores them 0, and the caller has to know."""
        self._stopped = False
        self.close: Callable[[], object] = lambda: None

    @classmethod
    def within(cls, runtime: Runtime) -> Host:
        """In the running loop, with a runtime that is open; to be used from other threads."""
        return cls(asyncio.get_running_loop(), runtime)

    @classmethod
    def of_its_own(cls, options: Mapping[str, Any]) -> Host:
        """With a loop in a thread of its own, and a runtime that opens with the first call."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="masdesign-dspy", daemon=True)
        thread.start()
        host = cls(loop, None)
        opened = _Opened(options)
        host._open = opened.runtime  # type: ignore[method-assign]
        host.close = weakref.finalize(host, _close, loop, thread, opened)
        return host

    async def _open(self) -> Runtime:
        assert self._runtime is not None
        return self._runtime

    def run(self, work: Work[T]) -> T:
        """What the work gives, from a thread other than the loop's.

        Raises `Stopped` where the run has ended.
        """
        self._check()
        return asyncio.run_coroutine_threadsafe(self._guarded(work), self._loop).result()

    async def arun(self, work: Work[T]) -> T:
        """As `run`, from async code of any loop."""
        self._check()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._guarded(work), self._loop))

    def stop(self) -> None:
        """Let nothing more be run: a thread that is still at it ends at its next call."""
        self._stopped = True

    def _check(self) -> None:
        if self._stopped or self.fatal is not None:
            raise Stopped

    async def _guarded(self, work: Work[T]) -> T:
        try:
            return await work(await self._open())
        except (BudgetExhausted, CredentialsError, NotRecorded) as error:
            self.fatal = self.fatal or error
            raise
        except ProviderError:
            self.outages += 1
            raise
        except asyncio.CancelledError:
            raise Stopped from None

    def __deepcopy__(self, memo: dict[int, Any]) -> Host:
        return self

    def __copy__(self) -> Host:
        return self


class _Opened:
    """A runtime that is opened once, in the loop that first asks for it."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._stack = AsyncExitStack()
        self._lock = asyncio.Lock()
        self._runtime: Runtime | None = None

    async def runtime(self) -> Runtime:
        async with self._lock:
            if self._runtime is None:
                self._runtime = await self._stack.enter_async_context(open_runtime(**self._options))
        return self._runtime

    async def close(self) -> None:
        await self._stack.aclose()


def _close(loop: asyncio.AbstractEventLoop, thread: threading.Thread, opened: _Opened) -> None:
    if threading.current_thread() is thread:  # collected as garbage here: waiting would be for ever
        loop.call_soon(loop.stop)
        return
    asyncio.run_coroutine_threadsafe(opened.close(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
