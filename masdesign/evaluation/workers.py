"""Functions that may hang or crash, run in processes that can be killed."""

import asyncio
import atexit
import contextlib
import os
import pickle
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

R = TypeVar("R")

PROCESSES = 2
SECONDS = 10.0
"""How long a function may take, where the caller does not say."""

_HEADER = 8
_CHILD = """
import os, pickle, sys, threading, time
owner = os.getppid()
def watch():  # an owner that was killed leaves no function running
    while os.getppid() == owner:
        time.sleep(1)
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
out = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what a function prints is no reply
sys.path[:] = pickle.load(sys.stdin.buffer)
while True:
    size = sys.stdin.buffer.read(8)
    if len(size) < 8:
        break
    try:
        function, arguments = pickle.loads(sys.stdin.buffer.read(int.from_bytes(size, "big")))
        reply = pickle.dumps((True, function(*arguments)))
    except BaseException as error:
        try:
            if not isinstance(error, Exception):  # sys.exit() of a function is not this program's end
                raise
            reply = pickle.dumps((False, error))
            pickle.loads(reply)
        except BaseException:
            reply = pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    out.write(len(reply).to_bytes(8, "big") + reply)
    out.flush()
"""


class Workers:
    """A few worker processes, each started when it is first needed, and again after it was killed.

    >>> asyncio.run(Workers().run(max, 2, 3))
    3
    """

    def __init__(self, processes: int = PROCESSES) -> None:
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="worker")
        self._own = threading.local()
        self._children: set[_Child] = set()
        atexit.register(self.close)

    async def run(self, function: Callable[..., R], *arguments: Any, seconds: float = SECONDS) -> R:
        """What a picklable function gives.

        Raises:
            TimeoutError: it took longer than ``seconds``; its process is gone.
            RuntimeError: its process ended.
            Exception: whatever the function raises.
        """
        job = pickle.dumps((function, arguments))
        loop = asyncio.get_running_loop()
        good, value = await loop.run_in_executor(self._threads, self._call, job, seconds)
        if not good:
            raise value
        result: R = value
        return result

    def close(self) -> None:
        """End the processes."""
        for child in list(self._children):
            child.kill()
        self._children.clear()

    def _call(self, job: bytes, seconds: float) -> Any:
        child: _Child | None = getattr(self._own, "child", None)
        if child is None or not child.alive:
            child = self._own.child = _Child()
            self._children.add(child)
        try:
            return pickle.loads(child.ask(job, seconds))  # noqa: S301  (of our own process)
        except BaseException:
            child.kill()
            self._children.discard(child)
            raise


class _Child:
    """One worker process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONHASHSEED": "0"},
            start_new_session=True,  # Ctrl-C in the terminal is for the owner alone
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self._in.write(pickle.dumps(sys.path))

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, job: bytes, seconds: float) -> bytes:
        until = time.monotonic() + seconds
        try:
            self._in.write(len(job).to_bytes(_HEADER, "big") + job)
            self._in.flush()
        except OSError:
            raise RuntimeError("a worker process ended by itself") from None
        size = int.from_bytes(self._read(_HEADER, until), "big")
        return self._read(size, until)

    def _read(self, size: int, until: float) -> bytes:
        descriptor, data = self._out.fileno(), b""
        while len(data) < size:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError("the function took too long")
            more = os.read(descriptor, size - len(data))
            if not more:
                raise RuntimeError("a worker process ended by itself")
            data += more
        return data

    def kill(self) -> None:
        self._process.kill()
        for pipe in (self._in, self._out):
            with contextlib.suppress(OSError):
                pipe.close()
        self._process.wait()


@cache
def workers() -> Workers:
    """The processes that all runs of this process share."""
    return Workers()
