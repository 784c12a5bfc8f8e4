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


@pytest.mark.slow  # two processes that serve
@pytest.mark.parametrize("served", [["shout", "--model", "rule"], ["rule"]])
def test_plugins_are_served(served, tmp_path, monkeypatch, fresh_imports):
    monkeypatch.chdir(tmp_path)
    for kind, name in (("block", "shout"), ("model", "rule")):
        assert main(["new", kind, name]) == 0
    command = [sys.executable, "-m", "masdesign", "serve", *served, "--port", "0"]
    command += ["--plugin", "shout.py", "--plugin", "rule.py"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stderr.readline()
            assert line.startswith(f"serving {served[0]} at http://127.0.0.1:"), line + process.stderr.read()
            messages = [{"role": "user", "content": "1 + 1 ="}]
            request = urllib.request.Request(
                f"{line.split(' at ')[1].split()[0]}/chat/completions",
                json.dumps({"model": served[0], "messages": messages}).encode(),
                {"content-type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=120) as reply:
                (choice,) = json.load(reply)["choices"]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)
    # The skeleton's model answers with the length of its prompt: the block's is longer than the question.
    answer = int(choice["message"]["content"].split()[-1])
    assert (answer > len("1 + 1 =")) is (served[0] == "shout")


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
