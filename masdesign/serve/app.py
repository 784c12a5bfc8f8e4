"""The endpoint: routes, and limits on who asks, how much, and how often."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from masdesign.serve.backend import Backend
from masdesign.serve.wire import Refusal, chunks, completion, read_request

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)
HOSTS = ["127.0.0.1", "localhost"]
"""Allowed `Host` headers and hosts of `Origin` (guards against DNS rebinding)."""


@dataclass(frozen=True, slots=True)
class ServeLimits:
    """What one server takes on; what it spends is bounded by its ledger."""

    body: int = 1_000_000
    """Bytes of a request."""
    per_minute: int = 120
    """Requests that are begun within any minute."""
    at_once: int = 64
    """Requests under way."""
    connections: int = 256
    """Connections at once, as far as descriptors go."""
    seconds_to_ask: float = 15.0
    """From the start of a connection, or of a request on it, to the request's last byte."""
    seconds_to_answer: float = 600.0
    """For one answer."""


class AdmissionGate:
    """Lets requests in, as the limits allow."""

    def __init__(self, limits: ServeLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._begun: deque[float] = deque()
        self._inside = 0

    def __enter__(self) -> None:
        """Raises `Refusal` (429), with the seconds to wait, where there are too many."""
        now = self._clock()
        while self._begun and self._begun[0] <= now - 60:
            self._begun.popleft()
        if len(self._begun) >= self._limits.per_minute:
            wait = 60 - (now - self._begun[0])
            raise _too_many(f"more than {self._limits.per_minute} requests a minute", wait)
        if self._inside >= self._limits.at_once:
            raise _too_many(f"more than {self._limits.at_once} requests at once", 1.0)
        self._begun.append(now)
        self._inside += 1

    def __exit__(self, *_: object) -> None:
        self._inside -= 1


def _too_many(message: str, wait: float) -> Refusal:
    return Refusal(429, message, kind="rate_limit_error", code="rate_limit_exceeded", retry_after=wait)


def make_app(
    backend: Backend,
    limits: ServeLimits | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
) -> Starlette:
    """An ASGI application with ``/v1/models`` and ``/v1/chat/completions``.

    Parameters:
        clock: seconds, for the rate.
        now: seconds since 1970, for ``created``.

    Raises:
        ImportError: the extra ``serve`` is not installed.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse, Response, StreamingResponse
    from starlette.routing import Route

    bounds = limits or ServeLimits()
    gate, numbers, started = AdmissionGate(bounds, clock), itertools.count(1), int(now())
    listed = backend.names[0]

    async def chat(request: Request) -> Response:
        body = await read_body(request, bounds.body)
        wanted = read_request(body)
        if wanted.model not in backend.names:
            names = ", ".join(backend.names)
            raise Refusal(
                404,
                f"no model {wanted.model[:80]!r} here; there is {names}",
                code="model_not_found",
                param="model",
            )
        with gate:
            try:
                async with asyncio.timeout(bounds.seconds_to_answer):
                    replies, usage = await backend.answer(wanted)
            except TimeoutError:
                reason = f"no answer within {bounds.seconds_to_answer:g} s"
                raise Refusal(504, reason, kind="server_error", code="timeout") from None
        answer_id, created = f"chatcmpl-{started}-{next(numbers)}", int(now())
        if not wanted.stream:
            return JSONResponse(completion(answer_id, created, listed, replies, usage))
        events = chunks(answer_id, created, listed, replies, usage, with_usage=wanted.stream_usage)
        return StreamingResponse(events, media_type="text/event-stream")

    async def models(request: Request) -> Response:
        cards = [
            {"id": name, "object": "model", "created": started, "owned_by": "masdesign"}
            for name in backend.names
        ]
        return JSONResponse({"object": "list", "data": cards})

    async def told(endpoint: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refusal as refusal:
            headers = (
                {} if refusal.retry_after is None else {"retry-after": f"{max(1, refusal.retry_after):.0f}"}
            )
            return JSONResponse(refusal.body(), refusal.status, headers)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Exception as error:  # noqa: BLE001  (a bug here must not leak its traceback, nor end the server)
            log.error("a request failed: %s: %s", type(error).__name__, error)
            ours = Refusal(500, "an error within the server", kind="server_error", code="internal_error")
            return JSONResponse(ours.body(), ours.status)

    async def told_chat(request: Request) -> Response:
        return await told(chat, request)

    async def missing(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        refusal = Refusal(
            status, f"no {request.method} {request.url.path} here; there is POST /v1/chat/completions"
        )
        return JSONResponse(refusal.body(), status)

    return Starlette(
        routes=[
            Route("/v1/models", models, methods=["GET"]),
            Route("/v1/chat/completions", told_chat, methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS), Middleware(OwnOrigin)],
        exception_handlers={404: missing, 405: missing},
    )


class OwnOrigin:
    """ASGI middleware: a page of another site may not ask, whatever it asks for.

    Browsers name the page's site in ``Origin``; other clients send none.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.responses import JSONResponse

        origins = [value for name, value in scope.get("headers", ()) if name == b"origin"]
        if all(_is_own(value.decode("latin-1")) for value in origins):
            await self._app(scope, receive, send)
            return
        refusal = Refusal(403, "requests of other sites' pages are not answered", code="origin_not_allowed")
        await JSONResponse(refusal.body(), refusal.status)(scope, receive, send)


def _is_own(origin: str) -> bool:
    try:
        return urlsplit(origin).hostname in HOSTS
    except ValueError:
        return False


async def read_body(request: Request, most: int) -> bytes:
    """The body of a request.

    A page in a browser may send forms and plain text anywhere without asking; JSON it may not. So
    only JSON is read.

    Raises:
        Refusal: it is not said to be JSON (415), or longer than ``most`` bytes (413).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, f"content-type {kind[:80] or '(none)'!r}: send application/json")
    promised = request.headers.get("content-length", "")
    if promised.isdecimal() and int(promised[:20]) > most:
        raise Refusal(413, f"the body is longer than {most} bytes")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise Refusal(413, f"the body is longer than {most} bytes")
    return bytes(body)
