"""masdesign serve, as a process: it says where it is, answers, and ends with its interrupt."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request

import pytest

from masdesign.cli import main
from masdesign.cli.serve import is_model


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_abacus_is_served_until_it_is_interrupted_and_what_was_answered_is_kept(tmp_path, ending):
    command = [
        sys.executable,
        "-m",
        "masdesign",
        "serve",
        "abacus",
        "--port",
        "0",
        "--archive",
        str(tmp_path / "a.db"),
    ]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        try:
            line = process.stderr.readline()
            assert line.startswith("serving abacus at http://127.0.0.1:")
            url = line.split(" at ")[1].split()[0]
            body = {
                "model": "abacus",
                "messages": [{"role": "user", "content": "Problem: 1 + 1 ="}],
                "max_tokens": 8,
                "n": 3,
            }
            request = urllib.request.Request(
                f"{url}/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=120) as reply:
                found = json.load(reply)
        finally:
            process.send_signal(ending)
            _, err = process.communicate(timeout=120)
    assert 0 < found["usage"]["completion_tokens"] <= 3 * 8
    assert (process.returncode, err) == (0, "ended\n")
    with sqlite3.connect(tmp_path / "calls.db") as kept:
        assert kept.execute("SELECT count(*) FROM completions").fetchone() == (3,)


def test_bad_input_is_one_line(tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["serve", "abacus", "--port", port]) == 2
    assert f"port {port} cannot be used" in capsys.readouterr().err
    assert main(["serve", "nothing", "--port", "0", "--archive", str(tmp_path / "a.db")]) == 2
    assert "no design 'nothing'" in capsys.readouterr().err


def test_what_is_a_model():
    assert is_model("replay:calls.db")
    assert not is_model("direct")
