"""Connections on a hostile network: how many, how long each may take, and what is said of them in the log.

A client that sends its request a byte at a time costs nothing to run by the thousand (*Slowloris*). So a
connection without a whole request has a deadline, and where all places are taken the one that has waited
longest makes room for the next.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

ACCEPTED_AT_ONCE = 16
"""Connections that are accepted before the next look at how many there are; the kernel's queue, too."""
_RESERVED = 96
"""Descriptors kept for all else: the archive, the cache, the sandbox, the provider."""
_LEAST = 8
_LOG_EVERY = 10.0
"""Seconds between two lines of one kind in the log."""


class Patient(H11Protocol):
    """HTTP/1.1 with a deadline for the whole of a request, and one for a client that does not read."""

    most: int = 256
    """Connections at once."""
    seconds: float = 15.0
    """From a connection's start, or a request's first byte, to the request's last."""
    waiting: dict[Patient, None]
    """Connections without a whole request, the one that has waited longest first."""

    _reading: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > self.most:
            next(iter(self.waiting)).give_up()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._wait()
        else:
            self._received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._received()
        self._unset(self._writing)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(self.seconds, self.give_up)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unset(self._writing)
        self._writing = None

    def give_up(self) -> None:
        """End the connection at once, whatever is still to be sent."""
        self._received()
        self.transport.abort()

    def _wait(self) -> None:
        if self._reading is None and not self.transport.is_closing():
            self._reading = self.loop.call_later(self.seconds, self.give_up)
            self.waiting[self] = None

    def _received(self) -> None:
        self._unset(self._reading)
        self._reading = None
        self.waiting.pop(self, None)

    @staticmethod
    def _unset(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()


def patient(most: int, seconds: float) -> type[Patient]:
    """The protocol of one server.

    Parameters:
        most: connections at once, fewer where the process may not open so many descriptors.
        seconds: for a whole request.
    """
    bounds = {"most": min(most, _places()), "seconds": seconds, "waiting": {}}
    return type("Patient", (Patient,), bounds)


def _places() -> int:
    """Connections that the process's limit of descriptors leaves room for."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return sys.maxsize
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sys.maxsize if limit < 0 else max(_LEAST, limit - _RESERVED - ACCEPTED_AT_ONCE)


class Seldom(logging.Filter):
    """Lets one line of a kind through in a while: a client must not be able to fill a disk."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now, kind = self._clock(), str(record.msg)[:100]
        if now - self._last.get(kind, -_LOG_EVERY) < _LOG_EVERY:
            return False
        if len(self._last) > 1000:
            self._last.clear()
        self._last[kind] = now
        return True


def quiet(loop: asyncio.AbstractEventLoop, log: logging.Logger) -> None:
    """Make what the loop itself says one line, without a traceback: it says so for each connection."""

    def told(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        log.warning("%s (%r)", context.get("message"), context.get("exception"))

    loop.set_exception_handler(told)
