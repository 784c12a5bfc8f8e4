"""Sync verbs derived from async ones; they work where an event loop already runs (a notebook)."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from functools import update_wrapper
from typing import Any, ParamSpec, TypeVar

from masdesign import stopping

P = ParamSpec("P")
T = TypeVar("T")

_SUFFIX = "_async"


def blocking(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Derive the sync verb of an async one: same parameters and docstring, name without ``_async``.

    It runs as `run_sync` does: Ctrl-C cancels the job at once and waits for its orderly end.

    >>> async def double_async(x: int) -> int:
    ...     "Return twice x, as in ``await double_async(2)``."
    ...     return 2 * x
    >>> double = blocking(double_async)
    >>> double(4), double.__name__, double.__doc__
    (8, 'double', 'Return twice x, as in ``double(2)``.')
    """

    def sync(*args: P.args, **kwargs: P.kwargs) -> T:
        return run_sync(function, *args, **kwargs)

    update_wrapper(sync, function)
    name = function.__name__
    sync.__name__ = name.removesuffix(_SUFFIX)
    sync.__qualname__ = function.__qualname__.removesuffix(_SUFFIX)
    if function.__doc__:
        sync.__doc__ = function.__doc__.replace(f"await {name}(", f"{sync.__name__}(")
    return sync


def run_sync(function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run an async function to its end and return its result.

    Without a running event loop this is `asyncio.run`. Inside one the function runs in a thread
    with a loop of its own. A KeyboardInterrupt while waiting cancels the function at once, waits
    until it has ended, and is raised; a second one is raised without waiting. Under the handlers of
    `masdesign.stopping` any of their signals does.

    >>> async def double(x: int) -> int: return 2 * x
    >>> run_sync(double, 4)
    8
    """
    started: Future[Callable[[], object]] = Future()

    async def job() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def cancel() -> None:
            loop.call_soon_threadsafe(task.cancel)

        started.set_result(cancel)
        with stopping.job(cancel):
            return await function(*args, **kwargs)

    if stopping.was_stopped():  # by a signal that an earlier job took no notice of
        raise KeyboardInterrupt
    try:
        asyncio.get_running_loop()
        inside = True
    except RuntimeError:
        inside = False
    try:
        return _run_in_thread(job(), started) if inside else asyncio.run(job())
    except asyncio.CancelledError:
        if stopping.was_stopped():
            raise KeyboardInterrupt from None
        raise


def _run_in_thread(job: Coroutine[Any, Any, T], started: Future[Callable[[], object]]) -> T:
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(asyncio.run(job))
        except BaseException as error:  # noqa: BLE001 (it is raised where the result is awaited)
            result.set_exception(error)

    thread = threading.Thread(target=copy_context().run, args=(run,), name="masdesign", daemon=True)
    with _interruptible():  # before the job begins: a Ctrl-C that comes first must not be lost
        try:
            thread.start()
            return result.result()
        except KeyboardInterrupt:
            if thread.ident is not None and not result.done():
                started.result()()
                result.exception()
            raise


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt here, in the main thread.

    The handler of `asyncio.run` only cancels its own main task, which cannot react while it waits
    for the thread; that of `masdesign.stopping` cancels the job itself.
    """
    before = signal.getsignal(signal.SIGINT)
    foreign = callable(before) and before is not stopping.handle
    if threading.current_thread() is not threading.main_thread() or not foreign:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
