"""Async functions called from sync code, also where an event loop already runs (a notebook)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run_sync(function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run an async function to its end and return what it returns.

    Inside a running event loop it runs in a thread with a loop of its own, so that a notebook
    can call the sync verbs.

    >>> async def double(x: int) -> int: return 2 * x
    >>> run_sync(double, 4)
    8
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(function(*args, **kwargs))
    with ThreadPoolExecutor(1) as pool:
        context = copy_context()
        return pool.submit(context.run, lambda: asyncio.run(function(*args, **kwargs))).result()
