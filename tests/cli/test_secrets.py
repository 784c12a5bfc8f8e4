"""No key and no password is in any file, stream or page that a run of any command leaves."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
from contextlib import chdir
from functools import partial
from pathlib import Path
from urllib.parse import quote

import click
import pytest
from openai_server import Reply, fails, says, serving

from masdesign.cli import cli, main

KEY = "sk-canary-0123456789abcdef"
PASSWORD = "c4nary-p@ss/w0rd"
DATABASE = "c4naryDatabase"
OTHER = "c4nary-other-token"
LOGIN = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
SECRETS = (KEY, PASSWORD, quote(PASSWORD, safe=""), DATABASE, OTHER, LOGIN)

DESIGN = "async def workflow(task):\n    return await self_consistency(task, n=3)\n"
FAILING = "async def workflow(task):\n    await direct(task)\n    raise ValueError(task.question)\n"


def _answered(request: dict) -> Reply:
    """An answer that is right at times; one question is refused with words that hold what was sent."""
    text = request["messages"][-1]["content"]
    if "13 + 1" in text:
        return fails(
            400, f"Authorization: Bearer {KEY}; Basic {LOGIN}; http://me:{PASSWORD}@host/ api_key={OTHER}"
        )
    return says(f"Answer: {2 + len(text) % 3}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("canary")
    lines = (json.dumps({"question": f"{i} + 1 =", "target": str(i + 1)}) for i in range(40))
    (place / "sums.jsonl").write_text("\n".join(lines))
    (place / "design.py").write_text(DESIGN)
    (place / "failing.py").write_text(FAILING)
    (place / "scored.jsonl").write_text('{"question": "1 + 1 =", "target": "2", "answer": "3"}\n' * 2)
    (place / "questions.jsonl").write_text('{"question": "1 + 1 ="}\n{"question": "13 + 1 ="}\n')
    return place


FEW = ("--train-items", "4", "--budget", "200calls")
COMMANDS = {
    "search": ["search", "sums.jsonl", "--budget", "400calls", "--items", "12", "--test-items", "6", "--yes"],
    "evaluate": ["evaluate", "design.py", "sums.jsonl", "--items", "12", "--json"],
    "evaluate failing": ["evaluate", "failing.py", "sums.jsonl", "--items", "4"],
    "baseline": ["baseline", "sums.jsonl", "--items", "6", "--max-k", "3", "--json"],
    "compare": ["compare", "sums.jsonl", "--strategies", "random", "--budget", "300calls", "--repeats", "1",
                "--items", "6", "--test-items", "4", "--yes"],
    "run": ["run", "design.py", "--input", "questions.jsonl", "--out", "answers.jsonl", "--trace"],
    "run json": ["run", "design.py", "--question", "13 + 1 =", "--json", "--trace"],
    "solve": ["solve", "1 + 1 =", "--budget", "20calls", "--json"],
    "distill": ["distill", "design.py", "sums.jsonl", "--items", "6", "--out", "prompt.md"],
    "export": ["export", "design.py", "--out", "script.py"],
    "ablate": ["archive", "ablate", "design.py", "sums.jsonl", "--items", "4"],
    "advise": ["advise", "sums.jsonl", "--pilot-items", "4", "--budget", "100calls"],
    "score": ["score", "scored.jsonl", "--scorer", "judge:openai/canary", "--budget", "20calls"],
    "blocks": ["blocks", "direct", "--on", "sums.jsonl", "--items", "4", "--budget", "200calls"],
    "memory learn": ["memory", "learn", "direct", "sums.jsonl", "--name", "kept", *FEW, "--lag", "2"],
    "memory measure": ["memory", "measure", "direct", "sums.jsonl", *FEW, "--orders", "1", "--items", "4"],
    "memory strategies": ["memory", "strategies", "sums.jsonl", *FEW, "--lag", "2"],
    "doctor": ["doctor", "--json"],
    "not there": ["evaluate", "nothing", "sums.jsonl"],
}  # fmt: skip
READING = {
    "transfer": ["transfer", "design.py", "--tasks", "sums.jsonl", "--models", "openai/canary", "--items=4"],
    "archive list": ["archive", "list", "--json"],
    "archive stats": ["archive", "stats", "--json"],
    "archive best": ["archive", "best", "--task", "sums.jsonl"],
    "archive frontier": ["archive", "frontier", "--task", "sums.jsonl"],
    "archive show": ["archive", "show", "best", "--items"],
    "archive search": ["archive", "search", "direct"],
    "archive lineage": ["archive", "lineage", "best"],
    "archive diff": ["archive", "diff", "design.py", "failing.py"],
    "archive promote": ["archive", "promote", "design.py", "--as", "canary_vote"],
    "archive export": ["archive", "export", "exported.jsonl"],
    "archive import": ["archive", "import", "exported.jsonl"],
    "memory list": ["memory", "list", "--json"],
    "memory show": ["memory", "show", "kept"],
    "memory export": ["memory", "export", "kept", "--out", "memory.jsonl"],
    "memory forget": ["memory", "forget", "kept", "1"],
    "replay": ["replay", "RUN", "--task", "sums.jsonl"],
    "report": ["report", "--out", "report.html"],
    "report of a run": ["report", "RUN", "--out", "run.html"],
    **{name: [name] for name in ("models", "scorers", "strategies", "tasks", "tools")},
    "new": ["new", "block", "own"],
    "init": ["init", "sums.jsonl", "--model", "openai/canary"],  # last: it writes what others then read
}  # fmt: skip
WITHOUT_ARCHIVE = {"models", "scorers", "strategies", "tasks", "tools", "new", "init"}


@pytest.fixture(scope="module")
def archive_url(new_database) -> str:
    """A database whose URL has a password; the server of the tests asks for none."""
    url = new_database()
    return url.replace("masdesign@", f"masdesign:{DATABASE}@")


def _run(folder: Path, arguments: list[str], *, key: str = KEY) -> str:
    environment = {**os.environ, "OPENAI_API_KEY": key, "MY_SERVICE_TOKEN": OTHER, "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "masdesign", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        timeout=300,
        check=False,
    )
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert "Traceback" not in said, said
    assert done.returncode in (0, 1, 2), said
    return said


def _run_here(folder: Path, arguments: list[str], capfd: pytest.CaptureFixture[str]) -> str:
    """The same in this process, which has imported everything."""
    with chdir(folder):
        assert main(arguments) in (0, 1, 2)
    streams = capfd.readouterr()
    return streams.out + streams.err


def _leaks(folder: Path, said: str) -> list[str]:
    found = [f"a stream: {secret}" for secret in SECRETS if secret in said]
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        found += [f"{path.name}: {secret}" for secret in SECRETS if secret.encode() in data]
    return found


def test_every_command_is_walked():
    walked = {tuple(word for word in arguments if not word.startswith("-"))[:2]
              for arguments in (*COMMANDS.values(), *READING.values(), ["serve"])}  # fmt: skip
    assert _commands(cli) == {pair if pair in _commands(cli) else pair[:1] for pair in walked}


def _commands(group: click.Group, names: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    context, found = click.Context(group), set()
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        below = isinstance(command, click.Group)
        found |= _commands(command, (*names, name)) if below else {(*names, name)}
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("at", ["file", "server"])
def test_no_secret_is_left_anywhere(at, folder, request, capfd, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MY_SERVICE_TOKEN", OTHER)
    for made in ("masdesign.toml", "own.py"):
        (folder / made).unlink(missing_ok=True)
    place = "here.db" if at == "file" else request.getfixturevalue("archive_url")
    with serving(answer=_answered) as server:
        url = server.url.replace("http://", f"http://me:{quote(PASSWORD, safe='')}@") + f"?token={OTHER}"
        asking = ["--model", "openai/canary", "--base-url", url, "--price", "1/2"]
        run = partial(_run_here, folder, capfd=capfd) if at == "file" else partial(_run, folder)
        for name, arguments in COMMANDS.items():
            more = [] if name == "doctor" else [*asking]
            said = run([*arguments, *more, "--archive", place])
            assert not _leaks(folder, said), f"{name}: {said}"
            if name == "search":
                run_name = said.split("--run ")[1].split()[0]
        for name, arguments in READING.items():
            more = ["--base-url", url] if name == "transfer" else []
            more += [] if name in WITHOUT_ARCHIVE else ["--archive", place]
            said = run([run_name if word == "RUN" else word for word in arguments] + more)
            assert not _leaks(folder, said), f"{name}: {said}"
    assert any(KEY in headers.get("authorization", "") or LOGIN in headers.get("authorization", "")
               for headers in server.headers), "the server was given a key"  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("served", ["design.py", "openai/canary"])
def test_what_is_served_tells_no_secret(served, folder):
    """Answers and errors, pages that do not exist, titles of its processes, both streams, the files."""
    environment = {**os.environ, "OPENAI_API_KEY": KEY, "MY_SERVICE_TOKEN": OTHER}
    with serving(answer=_answered) as server:
        url = server.url.replace("http://", f"http://me:{quote(PASSWORD, safe='')}@") + f"?token={OTHER}"
        command = [sys.executable, "-m", "masdesign", "serve", served, "--port", "0", "-v", "--base-url", url]
        command += [] if "/" in served else ["--model", "openai/canary"]
        command += ["--price", "1/2", "--archive", "served.db"]
        with subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            texts = [""]
            while not texts[-1].startswith("serving "):
                texts.append(process.stderr.readline().decode())
                assert texts[-1], texts
            port = int(texts[-1].split("127.0.0.1:")[1].split("/")[0])
            name = served.removesuffix(".py")
            for path, sent in [
                *(("/v1/chat/completions", _chat(name, text)) for text in ("1 + 1 =", "13 + 1 =")),
                ("/v1/chat/completions", _chat("another", "1 + 1 =")),
                ("/v1/chat/completions", "{broken"),
                *(
                    (page, None)
                    for page in ("/v1/models", "/metrics", "/health", "/docs", "/openapi.json", "/")
                ),
            ]:
                texts.append(_ask(port, path, sent))
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            for child in children.read_text().split() if children.exists() else ():
                texts.append(Path(f"/proc/{child}/cmdline").read_text())
            process.send_signal(signal.SIGINT)
            texts += [stream.decode() for stream in process.communicate(timeout=120)]
    assert process.returncode == 0
    assert server.headers, "the server was asked, with a key"
    whole = "\n".join(texts)
    assert "Traceback" not in whole, whole
    assert not _leaks(folder, whole), whole
    assert {"200", "400", "404"} <= {text[:3] for text in texts}
    assert "***" in whole, "the words of the server, without what is secret in them"


def _chat(model: str, text: str) -> str:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}]})


def _ask(port: int, path: str, body: str | None) -> str:
    """The status, the headers and the body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {} if body is None else {"content-type": "application/json"}
    connection.request("GET" if body is None else "POST", path, body, headers)
    reply = connection.getresponse()
    text = f"{reply.status} {reply.getheaders()} {reply.read().decode()}"
    connection.close()
    return text


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["archive", "list", "--archive", f"postgresql+psycopg://me:{DATABASE}@127.0.0.1:9/none"],
        ["archive", "list", "--archive", f"postgresql+psycopg://me@127.0.0.1:9/none?password={DATABASE}"],
        ["archive", "list", "--archive", f"nonsense://me:{DATABASE}@127.0.0.1:9/none"],
        ["archive", "list", "--archive", f"postgresql+psycopg://me:{DATABASE}@127.0.0.1:nine/none"],
        ["report", "--archive", f"postgresql+psycopg://me:{DATABASE}@127.0.0.1:9/none"],
        ["doctor", "--archive", f"postgresql+psycopg://me:{DATABASE}@127.0.0.1:9/none"],
        [
            "evaluate",
            "direct",
            "sums.jsonl",
            "--model",
            "openai/x",
            "--base-url",
            f"http://me:{DATABASE}@127.0.0.1:9/v1",
        ],
        [
            "evaluate",
            "direct",
            "sums.jsonl",
            "--model",
            "openai/x",
            "--base-url",
            f"http://me:{DATABASE}@[::1/v1",
        ],
        [
            "run",
            "direct",
            "--question",
            "1",
            "--model",
            "openai/x",
            "--base-url",
            f"ftp://me:{DATABASE}@host/v1",
        ],
        ["search", f"postgresql://me:{DATABASE}@host/x"],
        ["evaluate", f"http://me:{DATABASE}@host/x", "sums.jsonl"],
    ],
)
def test_what_is_wrong_is_told_without_the_password(arguments, folder):
    said = _run(folder, arguments)
    assert not _leaks(folder, said), said
