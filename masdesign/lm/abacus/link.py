"""What a worker process and its owner say to each other: one line of JSON a message.

    to the worker     {"calls": [ask, ...]}     {"cancel": key}
    from the worker   {"replies": [told, ...]}

The worker ends when its input does. And the owner's end: start a worker, send it calls, resolve their
futures, notice its death.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

from masdesign.errors import ContextOverflow, LMError, ProviderError
from masdesign.types import Completion, Request, Usage


class Ask(TypedDict):
    """A request on the wire; ``key`` names it between the two."""

    key: int
    messages: list[tuple[str, str]]
    temperature: float
    max_tokens: int
    stop: list[str]
    sample: int
    world: int


class WireReply(TypedDict, total=False):
    """What became of a request: either ``overflow``, or all the others."""

    key: int
    overflow: str
    text: str
    prompt_tokens: int
    completion_tokens: int
    finish: str


def ask(key: int, request: Request) -> Ask:
    """A request as it is sent."""
    return Ask(
        key=key,
        messages=[(message.role, message.content) for message in request.messages],
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        stop=list(request.stop),
        sample=request.sample,
        world=request.world,
    )


def line(message: dict[str, Any]) -> bytes:
    """One message as bytes. Any text survives, lone surrogates too.

    >>> line({"cancel": 3})
    b'{"cancel": 3}\\n'
    """
    return json.dumps(message).encode("ascii") + b"\n"


Waiter = asyncio.Future[Completion]
Outcome = Completion | LMError

SINGLE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Two BLAS threads are many times slower than one on tiles of 8 rows, and workers use the cores already."""

_QUIET = 2.0
"""Seconds that a worker is given to end by itself."""


class Link:
    """One worker process. Its futures may belong to several event loops.

    ``stdin`` takes calls, a thread reads replies. When the process ends, for whatever reason, every
    waiting call gets a `ProviderError`, and `send` says no from then on.
    """

    def __init__(self, folder: Path) -> None:
        self.waiting: dict[int, Waiter] = {}
        self._lock = threading.Lock()
        self._ended = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "masdesign.lm.abacus.worker", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(os.environ),
            start_new_session=True,  # Ctrl-C in the terminal is for us alone
        )
        self._reader = threading.Thread(target=self._read, name="abacus-replies", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def send(self, asks: Sequence[Ask], waiters: Sequence[Waiter]) -> bool:
        """Send calls, aligned with who waits for them; false if the worker has ended."""
        with self._lock:
            if self._ended:
                return False
            self.waiting.update((call["key"], waiter) for call, waiter in zip(asks, waiters, strict=True))
            self._write({"calls": list(asks)})
            return True

    def cancel(self, key: int) -> None:
        """Forget a call."""
        with self._lock:
            if self.waiting.pop(key, None) is not None and not self._ended:
                self._write({"cancel": key})

    def close(self) -> None:
        """End the process; calls that still wait get a `ProviderError`. May be called twice."""
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(OSError):
            stdin.close()
        try:
            self._process.wait(_QUIET)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_QUIET)

    def _write(self, message: dict[str, Any]) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it has just ended: the reader will tell
            stdin.write(line(message))
            stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        with self._process.stdout as stdout:
            for received in stdout:
                self._settle(json.loads(received)["replies"])
        with self._process.stderr as stderr:
            last = stderr.read().decode(errors="replace").strip().rpartition("\n")[2]
        self._bury(last)

    def _settle(self, replies: Sequence[WireReply]) -> None:
        with self._lock:
            settled = [(self.waiting.pop(reply["key"], None), _outcome(reply)) for reply in replies]
        _resolve([(waiter, outcome) for waiter, outcome in settled if waiter is not None])

    def _bury(self, last_words: str) -> None:
        status = self._process.wait()
        with self._lock:
            self._ended = True
            waiters, self.waiting = list(self.waiting.values()), {}
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(OSError):
            stdin.close()
        why = f": {last_words}" if last_words else ""
        error = f"a worker of abacus ended with status {status}{why}; the next call starts another"
        _resolve([(waiter, ProviderError(error)) for waiter in waiters])


def fail(waiter: Waiter, error: LMError) -> None:
    """Let whoever waits see ``error``; from any thread."""
    _resolve([(waiter, error)])


def _resolve(settled: Sequence[tuple[Waiter, Outcome]]) -> None:
    """Give each future its outcome, in its own event loop; one that is gone needs none."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Waiter, Outcome]]] = defaultdict(list)
    for waiter, outcome in settled:
        by_loop[waiter.get_loop()].append((waiter, outcome))
    for loop, pairs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed
            loop.call_soon_threadsafe(_set, pairs)


def _set(pairs: Sequence[tuple[Waiter, Outcome]]) -> None:
    for waiter, outcome in pairs:
        if waiter.done():
            continue
        if isinstance(outcome, LMError):
            waiter.set_exception(outcome)
        else:
            waiter.set_result(outcome)


def _outcome(reply: WireReply) -> Outcome:
    if "overflow" in reply:
        return ContextOverflow(reply["overflow"])
    usage = Usage(reply["prompt_tokens"], reply["completion_tokens"])
    return Completion(reply["text"], usage, cast(Literal["stop", "length"], reply["finish"]))


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The child's: single-threaded BLAS, small pages, and our own import path."""
    home = str(Path(__file__).parents[3])
    path = os.pathsep.join([home, *(entry for entry in sys.path if entry and entry != home)])
    # huge pages would make every cache as large as it may ever become
    return {**ours, **SINGLE_THREAD, "NUMPY_MADVISE_HUGEPAGE": "0", "PYTHONPATH": path}
