"""A model file as an `LM`: its server is started with the first call.

What the GGUF file says of itself is read without loading it.
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import asyncio
import struct
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from masdesign.errors import InputError, LMError
from masdesign.lm.chat.faults import ServerAnswer, Source
from masdesign.lm.chat.http import HTTPEndpoint
from masdesign.lm.chat.model import ChatModel
from masdesign.lm.local import smollm2
from masdesign.lm.local.server import LlamaServer, ServerSettings, free_threads
from masdesign.lm.profile import ModelProfile
from masdesign.lm.protocol import LM
from masdesign.lm.provider import Hosts
from masdesign.lm.spec import ModelSpec
from masdesign.records.keys import cache_key
from masdesign.spending.price import Price
from masdesign.types import Request

_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_STRING, _ARRAY = 8, 9
_ENDS = 1 << 20
"""Bytes at both ends of a file that its revision covers, beside its size: gigabytes are not read."""


MEAN = 1
"""llama.cpp's number of pooling by the mean."""


def context_length(path: Path) -> int:
    """Tokens of the context window that the model was trained with.

    Raises:
        InputError: the file cannot be read, or is no GGUF file; one line.
    """
    length = _of_architecture(path, "context_length")
    if not isinstance(length, int) or length < 1:
        raise InputError(f"model file {path} does not say its context length; give another file")
    return length


def pooling(path: Path) -> int:
    """How an embedding model makes one vector of a text; the mean, for a model that was made to write."""
    return int(_of_architecture(path, "pooling_type") or MEAN)


def _of_architecture(path: Path, name: str) -> Any:
    try:
        with path.open("rb") as file:
            entries = _entries(file)
    except OSError as error:
        raise InputError(f"model file {path} cannot be read ({error.strerror}); check the path") from None
    except (struct.error, ValueError, KeyError, UnicodeDecodeError, MemoryError, RecursionError):
        raise InputError(f"model file {path} is no GGUF file; give one as llama.cpp reads it") from None
    return entries.get(f"{entries.get('general.architecture')}.{name}")


def revision(path: Path) -> str:
    """Eight hex digits that change with the file (its size, its first and its last mebibyte)."""
    size = path.stat().st_size
    digest = sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(_ENDS))
        file.seek(max(0, size - _ENDS))
        digest.update(file.read(_ENDS))
    return digest.hexdigest()[:8]


def _entries(file: BinaryIO) -> dict[str, Any]:
    """The metadata up to the tokenizer's, which is long and comes last."""
    if file.read(4) != b"GGUF":
        raise ValueError("no GGUF file")
    _read(file, "<I")  # version
    _read(file, "<Q")  # tensors
    entries: dict[str, Any] = {}
    for _ in range(_read(file, "<Q")):
        name = _text(file)
        if name.startswith("tokenizer."):
            break
        entries[name] = _value(file, _read(file, "<I"))
    return entries


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _text(file)
    if kind == _ARRAY:
        of, count = _read(file, "<I"), _read(file, "<Q")
        return [_value(file, of) for _ in range(count)]
    return _read(file, _SCALARS[kind])


def _text(file: BinaryIO) -> str:
    length = _read(file, "<Q")
    if length > _ENDS:
        raise ValueError(f"a text of {length} bytes")
    return file.read(length).decode("utf-8")


def _read(file: BinaryIO, layout: str) -> Any:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))[0]


WINDOW = 8192
"""Tokens of a slot, where the model was trained with more."""
SLOTS = 4
"""Calls that are computed at once."""
TIMEOUT = 600.0
"""Seconds that a call may take, its wait for a slot included."""


class LocalEndpoint(HTTPEndpoint):
    """The endpoint of a server that is started for it, with the first call."""

    def __init__(self, settings: ServerSettings, source: Source, *, timeout: float = TIMEOUT) -> None:
        super().__init__("", source, timeout=timeout)
        self._settings = settings
        self._server: LlamaServer | None = None
        self._starting = asyncio.Lock()

    async def _post(self, path: str, body: Mapping[str, Any]) -> ServerAnswer:
        async with self._starting:
            if self._server is None or not self._server.is_up:  # the system may have killed it
                await self.aclose()
                self._server = LlamaServer(self._settings)
                try:
                    self._base = await asyncio.to_thread(self._server.address)
                except LMError:
                    await self.aclose()
                    raise
        return await super()._post(path, body)

    async def aclose(self) -> None:
        """Close the connections and end the server."""
        await super().aclose()
        server, self._server = self._server, None
        if server is not None:
            await asyncio.to_thread(server.close)

    def _headers(self) -> dict[str, str]:
        assert self._server is not None
        return {**super()._headers(), "authorization": f"Bearer {self._server.key}"}


class LocalModel(ChatModel):
    """A GGUF file, answered by llama.cpp.

    Each request has a seed that follows from its key, so that a draw can be had again. With one slot the
    same request gives the same text; with several the text depends on what is computed beside it, and replay
    rests on the recorded calls (``profile.batch_independent``).

    Parameters:
        name: begins the model's id (``smollm2``); the file's revision follows.
        spec: its limits may set ``slots``, ``threads``, ``gpu_layers``, ``timeout``; its profile ``window``.

    Raises:
        InputError: the file cannot be read.
    """

    def __init__(self, path: Path, name: str, spec: ModelSpec) -> None:
        endpoint, settings = _endpoint(path, name, spec)
        window, alone = settings.window, settings.slots == 1
        super().__init__(
            endpoint,
            name,
            ModelProfile(window, window // 2, native=frozenset({"schema"}), batch_independent=alone),
            price=Price(0.0, 0.0),
            known=True,
        )

    @property
    def note(self) -> str:
        """What scores must be read with."""
        notes = [super().note] if super().note else []
        if not self.profile.batch_independent:
            notes.append(
                f"{self.model}: a text may depend on the calls computed beside it (slots=1: it does not)"
            )
        return "; ".join(notes)

    def options_of(self, request: Request) -> Mapping[str, Any]:
        """The seed that belongs to the request."""
        return {"seed": int(cache_key(request.of_model(self.model))[:8], 16)}


def embedding_endpoint(path: Path, name: str, spec: ModelSpec) -> tuple[LocalEndpoint, ModelProfile]:
    """An endpoint whose server embeds texts with the model of a file; limits as for `LocalModel`."""
    endpoint, settings = _endpoint(path, name, spec, pooling(path))
    return endpoint, ModelProfile(settings.window, 1)


def file_of(model: str) -> tuple[Path, str] | None:
    """The file of a model on this machine (``smollm2``, ``gguf:FILE``), and how the model is called.

    Raises:
        InputError: there is no such file.

    >>> file_of("openai/gpt-4o") is None
    True
    """
    provider, _, argument = model.partition(":")
    if provider == smollm2.NAME:
        path = smollm2.model_file()
        if not path.is_file():
            raise InputError(
                f"model {provider} is not on this machine; get it with: masdesign models fetch {provider}"
            )
        return path, provider
    if provider == "gguf":
        if not argument or not Path(argument).is_file():
            raise InputError(f"model {model!r}: there is no such file; write it as gguf:FILE.gguf")
        return Path(argument), Path(argument).stem
    return None


def open_local(spec: ModelSpec, argument: str, hosts: Hosts) -> LM:
    """The model of a spec whose provider is this machine. Raises as `file_of`."""
    place = file_of(spec.model)
    assert place is not None
    return LocalModel(*place, spec)


def _endpoint(
    path: Path, name: str, spec: ModelSpec, pooling: int | None = None
) -> tuple[LocalEndpoint, ServerSettings]:
    trained, limits = context_length(path), spec.limits
    window = min(int(spec.profile.get("window", min(trained, WINDOW))), trained)
    slots, threads = int(limits.get("slots", SLOTS)), int(limits.get("threads", free_threads()))
    layers = int(limits.get("gpu_layers", 0))
    settings = ServerSettings(str(path.resolve()), window, slots, threads, layers, pooling)
    source = Source(f"{name}@{revision(path)}")
    return LocalEndpoint(settings, source, timeout=limits.get("timeout", TIMEOUT)), settings
