"""`hf:`: the hub's own client against a stand-in of the hub's HTTP API on this machine; local folders."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

from masdesign.errors import InputError
from masdesign.tasks import load_task
from masdesign.tasks.readers import hf, read_records
from masdesign.tasks.readers.csv import Header

constants = pytest.importorskip("huggingface_hub.constants")
pyarrow = pytest.importorskip("pyarrow")
TOKEN = "hf_secret"


def parquet(rows: list[dict]) -> bytes:
    import pyarrow.parquet

    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    return file.getvalue()


def lines(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def sums(count: int, start: int = 0) -> list[dict]:
    return [{"question": f"{n} + 1 =", "target": n + 1} for n in range(start, start + count)]


REPOSITORIES: dict[str, dict[str, dict[str, bytes]]] = {
    "acme/sums": {
        hf.CONVERTED: {
            "default/train/0000.parquet": parquet(sums(20)),
            "default/test/0000.parquet": parquet(sums(30, 100)),
            "default/test/0001.parquet": parquet(sums(5, 200)),
        },
        "main": {"README.md": b"# Sums", "data.py": b"raise SystemExit"},
        "v1": {"train.jsonl": lines(sums(8)), "test.csv": b"question,target\n1 + 1 =,2\n2 + 2 =,4\n"},
    },
    "acme/many": {
        hf.CONVERTED: {f"{name}/test/0000.parquet": parquet(sums(10)) for name in ("ab", "cd")},
    },
    "acme/private": {"main": {"test.jsonl": lines(sums(12))}},
}


class Hub:
    """The part of the hub's API that reading a data set takes: its files, and each of them."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    def answer(self, path: str, token: str) -> tuple[int, dict[str, str], bytes]:
        self.requests.append(path)
        api = path.startswith("/api/datasets/")
        owner, name, _, rest = unquote(path.removeprefix("/api")).removeprefix("/datasets/").split("/", 3)
        branches = REPOSITORIES.get(f"{owner}/{name}")
        if branches is None or (name == "private" and token != f"Bearer {TOKEN}"):
            return 404 if branches is None else 401, {"X-Error-Code": "RepoNotFound"}, b"{}"
        branch = next((b for b in branches if rest == b or rest.startswith(f"{b}/")), None)
        commits = {sha256(b.encode()).hexdigest()[:40]: b for b in branches}
        branch = branch or commits.get(rest.partition("/")[0])
        if branch is None:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b"{}"
        commit = sha256(branch.encode()).hexdigest()[:40]
        if api:
            siblings = [{"rfilename": file} for file in branches[branch]]
            about = {"id": f"{owner}/{name}", "sha": commit, "siblings": siblings}
            return 200, {"content-type": "application/json"}, json.dumps(about).encode()
        content = branches[branch][rest.removeprefix(branch).removeprefix(commit).removeprefix("/")]
        return 200, {"X-Repo-Commit": commit, "ETag": f'"{sha256(content).hexdigest()}"'}, content


@contextmanager
def serving(hub: Hub) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, token = self.path.partition("?")[0], self.headers.get("authorization", "")
            status, headers, body = hub.answer(path, token)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    with serving(hub) as url:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        template = url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield hub


def questions(source: str) -> list[str]:
    return [record.fields["question"] for record in read_records(source)]


def test_the_converted_files_of_a_split_are_read_in_order(hub: Hub):
    records = list(read_records("hf:acme/sums"))
    assert (len(records), records[0].where) == (35, "hf:acme/sums, row 1")
    assert records[-1].fields == {"question": "204 + 1 =", "target": 205}
    assert len(questions("hf:acme/sums:train")) == 20
    assert not any(path.endswith("train/0000.parquet") for path in hub.requests[:3])


def test_a_data_set_of_the_hub_is_a_task(hub: Hub):
    task = load_task("hf:acme/sums", train="hf:acme/sums:train")
    assert (task.name, task.scorer.name, task.size("train")) == ("acme/sums", "numeric", 20)
    assert task.size("val") + task.size("test") == 35


def test_a_revision_is_read_as_its_files_are(hub: Hub):
    assert questions("hf:acme/sums@v1:train") == [row["question"] for row in sums(8)]
    rows = [record for record in read_records("hf:acme/sums@v1") if not isinstance(record.fields, Header)]
    assert [(row.where, row.fields["target"]) for row in rows] == [
        ("hf:acme/sums@v1, row 1", "2"), ("hf:acme/sums@v1, row 2", "4")
    ]  # fmt: skip


def test_several_configurations_are_never_guessed(hub: Hub):
    assert len(questions("hf:acme/many:cd:test")) == 10
    with pytest.raises(InputError, match=r"several configurations \(ab, cd\); name one, as hf:acme/many:ab"):
        questions("hf:acme/many")
    with pytest.raises(InputError, match="has no ab train; its splits: test"):
        questions("hf:acme/many:ab:train")


def test_a_private_data_set_takes_a_token(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(InputError, match="acme/private cannot be had") as caught:
        questions("hf:acme/private")
    assert TOKEN not in str(caught.value)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert len(questions("hf:acme/private")) == 12


def test_what_was_read_once_is_read_offline(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    online = questions("hf:acme/sums:test")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub.requests.clear()
    assert questions("hf:acme/sums:test") == online
    with pytest.raises(InputError, match="has no train"):
        questions("hf:acme/sums:train")
    with pytest.raises(InputError, match="acme/many cannot be had"):
        questions("hf:acme/many")
    assert hub.requests == []


@pytest.mark.parametrize("name", ["nobody/nothing", "acme/sums@v9"])
def test_what_is_not_there_is_one_line(hub: Hub, name: str):
    with pytest.raises(InputError, match=f"hf:{name} cannot be had") as caught:
        questions(f"hf:{name}")
    assert "\n" not in str(caught.value)


@pytest.mark.slow  # a process of its own, which imports the client
def test_the_endpoint_is_that_of_the_environment(tmp_path: Path):
    with serving(Hub()) as url:
        environment = {**os.environ, "HF_ENDPOINT": url, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
        command = [sys.executable, "-m", "masdesign", "tasks", "hf:acme/sums", "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["scorer"] == "numeric"


def test_a_local_folder_is_read_without_the_hub(tmp_path: Path):
    folder = tmp_path / "sums"
    folder.mkdir()
    for split, count in (("train", 20), ("test", 30)):
        (folder / f"{split}.jsonl").write_bytes(lines(sums(count)))
    task = load_task(f"hf:{folder}")
    assert task.scorer.name == "numeric"
    assert sum(task.size(split) for split in ("train", "val", "test")) == 30
    assert len(questions(f"hf:{folder}:train")) == 20
    with pytest.raises(InputError, match="has no validation; its splits: test, train"):
        load_task(f"hf:{folder}:validation")


def test_a_hub_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(InputError, match="nobody/nothing cannot be had") as caught:
        load_task("hf:nobody/nothing")
    assert "\n" not in str(caught.value)
