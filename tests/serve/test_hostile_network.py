"""Many slow clients and few descriptors: a client that asks is answered, and the log stays short."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from masdesign.serve.patience import Seldom

BODY = json.dumps({"model": "echo", "messages": [{"role": "user", "content": "Hello"}]})
HEAD = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
SLOW = {
    "nothing": b"",
    "half a head": HEAD.encode(),
    "half a body": f"{HEAD}Content-Length: {len(BODY)}\r\n\r\n{BODY[:20]}".encode(),
    "chunks without end": f"{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{BODY[:5]}\r\n".encode(),
}


@contextmanager
def running(descriptors: int, seconds: float) -> Iterator[tuple[int, subprocess.Popen]]:
    script = Path(__file__).with_name("small_server.py")
    command = [sys.executable, str(script), str(descriptors), str(seconds)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        try:
            yield int(process.stdout.readline()), process
        finally:
            process.kill()


def ask(port: int, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/v1/chat/completions", BODY, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


def is_closed(client: socket.socket) -> bool:
    """Whether the server has ended the connection."""
    client.settimeout(30)
    with client, suppress(ConnectionError):
        while client.recv(65536):
            pass
    return True


@pytest.mark.slow
def test_a_thousand_slow_clients_and_150_descriptors():
    with running(150, 3.0) as (port, process):
        clients = []
        for number in range(250):  # four waves: the places are taken over and over
            for sent in SLOW.values():
                client = socket.create_connection(("127.0.0.1", port), timeout=30)
                with suppress(ConnectionError):
                    client.sendall(sent)
                clients.append(client)
            if number % 50 == 49:
                assert ask(port)[0] == 200
                while len(clients) > 400:
                    clients.pop(0).close()
        assert ask(port)[0] == 200
        begun = time.monotonic()
        assert all(is_closed(client) for client in clients)
        assert time.monotonic() - begun < 25
        assert ask(port)[0] == 200
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert "ended" in out
    assert "Traceback" not in err
    assert len(err.splitlines()) < 20, err


@pytest.mark.slow
def test_a_client_that_does_not_read_is_given_up():
    with running(256, 1.0) as (port, _):
        client = socket.create_connection(("127.0.0.1", port), timeout=30)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = f"{HEAD}Content-Length: {len(BODY)}\r\n\r\n{BODY}".encode()
        with suppress(ConnectionError):
            for _ in range(40):  # answers of 200 kB each, one after another
                client.sendall(request)
            time.sleep(3)
            for _ in range(2000):
                client.sendall(request)
        assert is_closed(client)
        assert ask(port)[0] == 200


@pytest.mark.slow
def test_nonsense_does_not_fill_the_log():
    with running(150, 3.0) as (port, process):
        for number in range(200):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
                client.sendall(b"\x16\x03\x01 nonsense %d\r\n\r\n" % number)
                with suppress(ConnectionError):
                    client.recv(1000)
        assert ask(port)[0] == 200
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert len(err.splitlines()) < 20, err


@pytest.mark.slow
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://[::1", "file://"]
)
def test_a_page_of_another_site_is_refused(origin):
    with running(150, 3.0) as (port, _):
        status, body = ask(port, Origin=origin)
        assert status == 403
        assert json.loads(body)["error"]["code"] == "origin_not_allowed"
        assert ask(port, Origin=f"http://127.0.0.1:{port}")[0] == 200
        assert ask(port, Origin="http://localhost:3000")[0] == 200
        assert ask(port, Host="evil.example")[0] == 400


@pytest.mark.slow
def test_a_body_that_is_said_to_be_too_long_is_not_read():
    with running(150, 3.0) as (port, _), socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(f"{HEAD}Content-Length: 1000000000\r\n\r\n{{".encode())
        assert b" 413 " in client.recv(1000)


def test_a_line_of_a_kind_is_logged_once_in_a_while():
    import logging

    now = 0.0
    seldom = Seldom(lambda: now)

    def passes(message: str) -> bool:
        return seldom.filter(logging.LogRecord("x", logging.WARNING, "", 0, message, (), None))

    assert [passes("a"), passes("a"), passes("b")] == [True, False, True]
    now = 11.0
    assert passes("a")
