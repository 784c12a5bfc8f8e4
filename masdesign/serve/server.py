"""A server on this machine alone, until it is interrupted."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from masdesign.errors import InputError
from masdesign.serve.app import ServeLimits, make_app
from masdesign.serve.backend import Backend

if TYPE_CHECKING:
    import uvicorn

HOST = "127.0.0.1"


def bind(port: int) -> socket.socket:
    """A socket at ``127.0.0.1:port``; 0 takes any free port. Raises `InputError` where it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)  # so that who knows the port can connect at once
    except (OSError, OverflowError) as error:
        listener.close()
        raise InputError(
            f"port {port} cannot be used ({error}); give another, or 0 for any free one"
        ) from error
    return listener


async def serve(
    backend: Backend,
    at: socket.socket,
    limits: ServeLimits | None = None,
    *,
    started: Callable[[uvicorn.Server], None] = lambda server: None,
) -> None:
    """Serve the backend at the socket until SIGINT or SIGTERM, or until ``server.should_exit`` is set.

    Parameters:
        started: called once requests are answered.

    Raises:
        InputError: the extra ``serve`` is not installed.
        KeyboardInterrupt: either signal came; what was under way has been answered.
    """
    try:
        import uvicorn

        from masdesign.serve.patience import ACCEPTED_AT_ONCE, Seldom, patient, quiet

        app = make_app(backend, limits)
    except ImportError as error:
        raise InputError(f"serving needs {error.name}; pip install 'masdesign[serve]'") from error
    bounds = limits or ServeLimits()
    config = uvicorn.Config(
        app,
        http=patient(bounds.connections, bounds.seconds_to_ask),
        log_level="warning",
        access_log=False,
        lifespan="off",
        backlog=ACCEPTED_AT_ONCE,
        timeout_graceful_shutdown=5,
    )
    log = logging.getLogger("uvicorn.error")
    quiet(asyncio.get_running_loop(), log)
    seldom = Seldom()
    log.addFilter(seldom)
    try:
        with _ended_as_by_ctrl_c():
            await _announce(uvicorn.Server)(config, started).serve(sockets=[at])
            await asyncio.sleep(0)  # a signal's cancellation arrives here, not in the caller's cleaning up
    finally:
        log.removeFilter(seldom)


def _announce(kind: type[uvicorn.Server]) -> Callable[..., uvicorn.Server]:
    """A server that says when it answers, and not before: it may still fail to start."""

    class Announced(kind):  # type: ignore[misc, valid-type]
        def __init__(self, config: uvicorn.Config, started: Callable[[uvicorn.Server], None]) -> None:
            super().__init__(config)
            self._started = started

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self._started(self)

    return Announced


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Within it SIGTERM raises KeyboardInterrupt: uvicorn raises its signals again once it has ended, and the
    default would kill the process before the last completions are on disk."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
