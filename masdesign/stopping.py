"""Signals that end a program: one line and the right exit code at any instant, and never a traceback.

A handler that raises KeyboardInterrupt does so between any two bytecodes: in an import, in a finaliser, in
asyncio's own code. These handlers raise nothing. The first signal cancels the jobs that are under way, which
end in order; where there is none, where they have not ended within a minute (a pipe may be read that nobody
writes to), or at a second signal, the process ends at once, as safely as by SIGKILL.

Nothing is imported here that takes time, so that a program can install them before all else.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_ENDINGS: dict[int, tuple[str, int]] = {
    number: (f"masdesign: {text}", 128 + number)
    for name, text in (
        ("SIGINT", "interrupted"),
        ("SIGTERM", "ended by SIGTERM; what was finished is kept"),
        ("SIGHUP", "ended by SIGHUP; what was finished is kept"),
    )
    if (number := getattr(signal, name, None)) is not None
}
"""What is printed, and the exit code, by signal."""
_ONE_SIGNAL = 1.0
"""Seconds within which signals count as one: `timeout` and a terminal's group send the same twice."""

_PATIENCE = 60
"""Seconds in which jobs end in order."""

_jobs: dict[object, Callable[[], object]] = {}
_received: list[tuple[int, float]] = []
_said: list[bool] = []


def handle_signals() -> None:
    """Let SIGINT, SIGTERM and SIGHUP end this process in one line, unless they are ignored (`nohup`)."""
    for number in _ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)


def ignore_signals() -> None:
    """For the last moments of a process whose work is done."""
    for number in _ENDINGS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def job(cancel: Callable[[], object]) -> Iterator[None]:
    """While it lasts, the first signal ends a job by calling ``cancel`` in the main thread."""
    key = object()
    _jobs[key] = cancel
    try:
        yield
    finally:
        _jobs.pop(key, None)


@contextmanager
def at_once() -> Iterator[None]:
    """Within it a signal ends the process at once: a person is asked, and the event loop stands still."""
    kept = dict(_jobs)
    _jobs.clear()
    try:
        yield
    finally:
        _jobs.update(kept)


def was_stopped() -> bool:
    """Whether a signal came."""
    return bool(_received)


def say_ending() -> int:
    """Print the line of the signal that came, once; return its exit code."""
    line, code = _ENDINGS[_received[0][0]]
    if not _said:
        _said.append(True)
        shown = b"\r\x1b[?25h" if os.isatty(2) else b""  # a progress display may have hidden the cursor
        with suppress(OSError):  # nobody reads it
            os.write(2, shown + line.encode() + b"\n")
    return code


def handle(number: int, frame: FrameType | None) -> None:
    """The handler: cancel the jobs at the first signal, else end the process."""
    now = time.monotonic()
    first = not _received
    if first:
        _received.append((number, now))
    elif now - _received[0][1] < _ONE_SIGNAL:
        return
    if first and _jobs:
        for cancel in list(_jobs.values()):
            with suppress(RuntimeError):  # its event loop has just been closed
                cancel()
        if hasattr(signal, "SIGALRM"):  # not on Windows
            signal.signal(signal.SIGALRM, lambda *_: os._exit(say_ending()))
            signal.alarm(_PATIENCE)
        return
    os._exit(say_ending())
