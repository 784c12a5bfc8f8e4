"""A server on this machine alone, until it is interrupted."""

from __future__ import annotations

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
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
        found.listen(128)  # so that who knows the port can connect at once
    except (OSError, OverflowError) as error:
        found.close()
        raise InputError(
            f"--port {port} cannot be used ({error}); give another, or 0 for any free one"
        ) from error
    return found


async def serve(
    backend: Backend,
    at: socket.socket,
    limits: ServeLimits | None = None,
    *,
    started: Callable[[uvicorn.Server], None] = lambda server: None,
) -> None:
    """Serve the backend at the socket until SIGINT or SIGTERM, or until ``server.should_exit`` is set.

    Raises:
        InputError: the extra ``serve`` is not installed.
        KeyboardInterrupt: either signal came; what was under way has been answered.
    """
    try:
        import uvicorn

        app = make_app(backend, limits)
    except ImportError as error:
        raise InputError(f"serving needs {error.name}; pip install 'masdesign[serve]'") from error
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    started(server)
    with _ended_as_by_ctrl_c():
        await server.serve(sockets=[at])


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Within it SIGTERM raises KeyboardInterrupt: uvicorn raises its signals again once it has ended, and the
    default would kill the process before the last completions are on disk."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
