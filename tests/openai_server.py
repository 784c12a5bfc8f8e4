"""A real OpenAI-compatible HTTP server on 127.0.0.1 that does as it is told."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One HTTP reply: its status, headers and body."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    """Say nothing until the server ends."""
    cut: bool = False
    """Promise the whole body, send half of it, and cut the connection."""
    drips: float = 0.0
    """Send a few blanks at a fixed interval, without end."""
    packed: bool = False
    """Compress the body."""


def says(text: str, *, prompt_tokens: int = 12, completion_tokens: int = 5, finish: str = "stop") -> Reply:
    """A chat completion."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "test-model",
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }
    return Reply(body=json.dumps(body))


def fails(status: int, message: str = "no", *, code: str | None = None, **headers: str) -> Reply:
    """An error in OpenAI's form; ``retry_after="2"`` becomes the header ``retry-after``."""
    body = {"error": {"message": message, "type": "error", "code": code}}
    return Reply(status, json.dumps(body), {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class Server:
    """``replies`` are given in order, the last one for ever; ``answer`` decides otherwise."""

    replies: list[Reply]
    answer: Callable[[dict[str, Any]], Reply] | None = None
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, request: dict[str, Any], headers: dict[str, str]) -> Reply:
        with self.lock:
            self.requests.append(request)
            self.headers.append(headers)
            if self.answer is not None:
                return self.answer(request)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def serving(*replies: Reply, answer: Callable[[dict[str, Any]], Reply] | None = None) -> Iterator[Server]:
    """A server that gives ``replies``; its ``url`` is the base URL with ``/v1``."""
    server = Server(list(replies) or [says("hello")], answer)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        http.shutdown()
        http.server_close()
        thread.join()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            request = json.loads(self.rfile.read(length) or b"{}")
            self._send(server.next(request, {k.lower(): v for k, v in self.headers.items()}))

        def _send(self, reply: Reply) -> None:
            if reply.hang:
                server.ended.wait()
                self.close_connection = True
                return
            if reply.drips:
                self._drip(reply.drips)
                return
            body = gzip.compress(reply.body.encode()) if reply.packed else reply.body.encode()
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            if reply.packed:
                self.send_header("content-encoding", "gzip")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if reply.cut else body)
            if reply.cut:
                self.close_connection = True

        def _drip(self, seconds: float) -> None:
            self.send_response(200)
            self.send_header("content-length", str(1 << 40))
            self.end_headers()
            self.close_connection = True
            with suppress(OSError):  # the client has gone
                while not server.ended.wait(seconds):
                    self.wfile.write(b" " * 1024)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
