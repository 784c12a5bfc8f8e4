"""Async functions run from sync code, with and without a running loop."""

from masdesign.aio import run_sync


async def double(x: int) -> int:
    return 2 * x


def test_without_a_loop():
    assert run_sync(double, 4) == 8


async def test_inside_a_running_loop():
    assert run_sync(double, 4) == 8
