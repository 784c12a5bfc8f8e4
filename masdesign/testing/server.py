"""A server of chat completions that behaves, and misbehaves, as real ones do: one mode a behaviour.

Run it, and point any client at the URL that it prints; or use `serving` in a test::

    python -m masdesign.testing.server --list
    python -m masdesign.testing.server --mode thinks --port 8123

    with serving("rate_limit") as server:
        lm = load_lm(ModelSpec("openai/any", server.url), cache=cache, concurrency=8)

It adds up the numbers of the last user message, so that ``2 + 2 =`` is answered ``Answer: 4``, and needs the
standard library alone. It listens on the loopback address. The modes stand in `masdesign.testing.modes`.
"""

import argparse
import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from masdesign.testing.modes import JSON, MODES, Mode, Reply, ServerCall

Answering = Callable[[str], str]


def add_up(prompt: str) -> str:
    """``Answer: `` and the sum of the prompt's last line that has numbers; 0 where none has.

    >>> add_up("Problem: 2 + 40 =\\n\\nThink step by step.")
    'Answer: 42'
    """
    lines = [re.findall(r"-?\d+", line) for line in prompt.splitlines()]
    numbers: list[str] = next((line for line in reversed(lines) if line), [])
    return f"Answer: {sum(map(int, numbers))}"


@dataclass
class Server:
    """A server that is up: its base URL, and what it was asked."""

    url: str = ""
    requests: list[JSON] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that went away."""


@contextmanager
def serving(name: str | Mode = "plain", *, answer: Answering = add_up, port: int = 0) -> Iterator[Server]:
    """A server in a mode, by its name or as a function, for as long as the ``with`` lasts.

    Raises:
        KeyError: there is no such mode.
    """
    server = Server()
    behave = MODES[name] if isinstance(name, str) else name
    http = _QuietServer(("127.0.0.1", port), _handler(server, behave, answer))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _handler(server: Server, behave: Mode, answer: Answering) -> type[BaseHTTPRequestHandler]:
    seen: Counter[str] = Counter()
    lock = threading.Lock()
    busy: list[object] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
            prompt = _last_prompt(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                number = len(server.requests)
                server.requests.append(body)
                server.headers.append(headers)
                key = json.dumps(body, sort_keys=True)
                counts = (seen[key], number, len(busy))
                call = ServerCall(body, self.path, headers, prompt, answer(prompt), *counts)
                seen[key] += 1
                reply = behave(call)
                if reply.status == 200:
                    busy.append(self)
            try:
                self._send(reply)
            finally:
                if self in busy:
                    busy.remove(self)

        def _send(self, reply: Reply) -> None:
            time.sleep(reply.seconds)
            content = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if reply.cut else content)
            self.close_connection = self.close_connection or reply.cut

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


def _last_prompt(body: JSON) -> str:
    """The last user message, in any of the protocols."""
    messages = body.get("messages") or body.get("contents") or [{}]
    content = messages[-1].get("content") or messages[-1].get("parts") or ""
    return content if isinstance(content, str) else "\n".join(str(part.get("text", "")) for part in content)


def main(arguments: list[str] | None = None) -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m masdesign.testing.server", description=__doc__)
    parser.add_argument("--mode", choices=sorted(MODES), default="plain")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--list", action="store_true", help="list the modes")
    given = parser.parse_args(arguments)
    if given.list:
        for name, function in sorted(MODES.items()):
            sys.stdout.write(f"{name:<20}  {(function.__doc__ or '').strip()}\n")
        return
    with serving(given.mode, port=given.port) as server:
        sys.stdout.write(f"{given.mode} at {server.url}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
