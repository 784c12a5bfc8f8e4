"""A real pretrained model on this machine: SmolLM2 through llama.cpp, where both are at hand."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from masdesign.errors import InputError, UnknownModel
from masdesign.lm import load_lm
from masdesign.lm.local import model
from masdesign.lm.local.model import context_length, revision
from masdesign.lm.local.server import LlamaServer, ServerSettings
from masdesign.lm.local.smollm2 import fetch, model_file
from masdesign.lm.spec import ModelSpec
from masdesign.records.cache import Cache
from masdesign.testing.server import serving
from masdesign.types import Message, Request

AT_HAND = find_spec("xllamacpp") is not None and model_file().is_file()
needs_model = pytest.mark.skipif(
    not AT_HAND, reason="needs the extra `local` and `masdesign models fetch smollm2`"
)


def gguf(path: Path, **entries: int | str) -> Path:
    """A GGUF file of metadata alone."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    data = b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries))
    for name, value in entries.items():
        kind, packed = (8, text(value)) if isinstance(value, str) else (4, struct.pack("<I", value))
        data += text(name.replace("__", ".")) + struct.pack("<I", kind) + packed
    path.write_bytes(data)
    return path


def test_the_header_says_the_window(tmp_path: Path) -> None:
    file = gguf(
        tmp_path / "a.gguf", general__architecture="llama", general__name="x", llama__context_length=2048
    )
    assert context_length(file) == 2048
    other = gguf(tmp_path / "b.gguf", general__architecture="llama", llama__context_length=4096)
    assert revision(file) != revision(other)


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF" + b"\xff" * 40, b"no such thing" * 9])
def test_other_files_are_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.gguf is no GGUF file") as caught:
        context_length(tmp_path / "x.gguf")
    assert "\n" not in str(caught.value)
    with Cache.memory() as cache, pytest.raises(InputError, match="there is no such file"):
        load_lm("gguf:/nowhere.gguf", cache=cache, concurrency=1)


def test_a_model_that_was_not_fetched_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASDESIGN_MODELS", str(tmp_path))
    with Cache.memory() as cache, pytest.raises(InputError, match="models fetch smollm2"):
        load_lm("smollm2", cache=cache, concurrency=1)


def test_a_folder_that_cannot_be_written_is_told_before_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MASDESIGN_MODELS", str(tmp_path / "file" / "models"))
    said: list[str] = []
    with pytest.raises(InputError, match="name another folder in MASDESIGN_MODELS"):
        fetch(said.append)
    assert not said


@needs_model
@pytest.mark.slow
async def test_the_same_seed_gives_the_same_text_and_another_sample_another(tmp_path: Path) -> None:
    """With one slot; the reply is a real model's, its tokens are counted, and a schema is kept to."""
    question = (Message("user", "Name a colour. Answer in a short sentence."),)
    drawn = [Request(question, temperature=1.0, max_tokens=16, sample=sample) for sample in (0, 0, 1, 2)]
    texts = []
    for _ in range(2):
        with Cache.memory() as cache:
            lm = load_lm(ModelSpec("smollm2").with_options({"slots": 1}), cache=cache, concurrency=1)
            replies = [await lm.complete(request) for request in drawn]
            schema = json.dumps(
                {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
            )
            shaped = await lm.complete(Request(question, max_tokens=24, schema=schema))
            await lm.aclose()
            await lm.aclose()
        assert replies[0].usage.prompt_tokens > 10
        assert isinstance(json.loads(shaped.text)["ok"], bool)
        texts.append([reply.text for reply in replies])
    first, second = texts
    assert first == second
    assert first[0] == first[1]
    assert len({first[0], *first[2:]}) > 1
    assert lm.model.startswith("smollm2@")


@needs_model
@pytest.mark.slow
def test_the_server_asks_for_a_key_and_ends_with_its_owner() -> None:
    code = (
        "import sys, time\nfrom masdesign.lm.local.server import LlamaServer, ServerSettings\n"
        f"server = LlamaServer(ServerSettings({str(model_file())!r}, 512, slots=1))\n"
        "print(server.address(), flush=True)\ntime.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    address = owner.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:")
    assert httpx.post(f"{address}/chat/completions", json={"messages": []}).status_code == 401
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{address}/models", timeout=2)
        except httpx.TransportError:
            return
        time.sleep(0.2)
    pytest.fail("the server outlived its owner")


@needs_model
@pytest.mark.slow
def test_a_server_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    file = gguf(tmp_path / "empty.gguf", general__architecture="llama", llama__context_length=512)
    server = LlamaServer(ServerSettings(str(file), 512, slots=1))
    with pytest.raises(UnknownModel, match=r"cannot serve the model file .*empty\.gguf") as caught:
        server.address()
    server.close()
    assert "\n" not in str(caught.value)
    assert not server.log.exists()


class OtherServer:
    """In place of llama.cpp: a server of the suite, which may be killed."""

    def __init__(self, url: str) -> None:
        self.key, self.url, self.is_up, self.is_closed = "k", url, True, False

    def address(self) -> str:
        if not self.url:
            raise UnknownModel("llama.cpp cannot serve the model file")
        return self.url

    def close(self) -> None:
        self.is_closed = True


async def test_a_server_that_was_killed_is_started_again_and_asked_without_a_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    file = gguf(tmp_path / "a.gguf", general__architecture="llama", llama__context_length=512)
    started: list[OtherServer] = []
    with serving() as first, serving() as second, Cache.memory() as cache:
        urls = iter([first.url, second.url])

        def start(settings: ServerSettings) -> OtherServer:
            started.append(OtherServer(next(urls)))
            return started[-1]

        monkeypatch.setattr(model, "LlamaServer", start)
        lm = load_lm(f"gguf:{file}", cache=cache, concurrency=1)
        for total in (4, 5):
            request = Request((Message("user", f"2 + {total - 2} ="),), max_tokens=16)
            assert (await lm.complete(request)).text == f"Answer: {total}"
            started[-1].is_up = False
        await lm.aclose()
    assert [len(first.requests), len(second.requests)] == [1, 1]
    assert [server.is_closed for server in started] == [True, True]


async def test_a_file_that_cannot_be_served_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was a provider's failure: five servers a call, their logs kept, and the item asked again later."""
    file = gguf(tmp_path / "a.gguf", general__architecture="llama", llama__context_length=512)
    started: list[OtherServer] = []

    def start(settings: ServerSettings) -> OtherServer:
        started.append(OtherServer(""))
        return started[-1]

    monkeypatch.setattr(model, "LlamaServer", start)
    with Cache.memory() as cache:
        lm = load_lm(f"gguf:{file}", cache=cache, concurrency=1)
        with pytest.raises(UnknownModel, match="cannot serve"):
            await lm.complete(Request((Message("user", "2 + 2 ="),), max_tokens=16))
        await lm.aclose()
    assert [server.is_closed for server in started] == [True]
