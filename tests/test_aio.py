"""Async functions run from sync code, with and without a running loop."""

import asyncio
import inspect
import signal
import threading
import time

import pytest

from masdesign.aio import blocking, run_sync


async def double(x: int) -> int:
    return 2 * x


async def halve_async(x: float, *, times: int = 1) -> float:
    """Halve ``x``."""
    return x / 2**times


def test_without_a_loop():
    assert run_sync(double, 4) == 8


async def test_inside_a_running_loop():
    assert run_sync(double, 4) == 8


async def test_a_derived_verb_has_name_signature_and_docstring():
    halve = blocking(halve_async)
    assert halve(8.0, times=2) == 2.0
    assert halve.__name__ == "halve"
    assert halve.__doc__ == halve_async.__doc__
    assert inspect.signature(halve) == inspect.signature(halve_async)
    assert not inspect.iscoroutinefunction(halve)


async def test_an_error_of_the_job_is_raised():
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run_sync(fail)


async def test_ctrl_c_cancels_the_job_at_once_and_waits_for_its_orderly_end():
    begun, ended = threading.Event(), threading.Event()

    async def job() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.set()

    def interrupt() -> None:
        assert begun.wait(10)
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    threading.Thread(target=interrupt).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_sync(job)
    assert ended.is_set()
    assert time.monotonic() - start < 5  # under load; the job itself would take 60 s
    assert signal.getsignal(signal.SIGINT) is before
