"""A model file as an `LM`: its server is started with the first call."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from masdesign.lm.chat.faults import ServerAnswer, Source
from masdesign.lm.chat.http import HTTPEndpoint
from masdesign.lm.chat.model import ChatModel
from masdesign.lm.local.header import context_length, revision
from masdesign.lm.local.server import LlamaServer, ServerSettings, free_threads
from masdesign.lm.profile import ModelProfile
from masdesign.lm.spec import ModelSpec
from masdesign.records.keys import cache_key
from masdesign.spending.price import Price
from masdesign.types import Request

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

    async def chat(self, body: Mapping[str, Any]) -> ServerAnswer:
        """A chat completion."""
        async with self._starting:
            if self._server is None:
                server = LlamaServer(self._settings)
                self._base = await asyncio.to_thread(server.address)
                self._server = server
        return await super().chat(body)

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
        trained, limits = context_length(path), spec.limits
        window = min(int(spec.profile.get("window", min(trained, WINDOW))), trained)
        slots = int(limits.get("slots", SLOTS))
        threads = int(limits.get("threads", free_threads()))
        settings = ServerSettings(
            str(path.resolve()), window, slots, threads, int(limits.get("gpu_layers", 0))
        )
        source = Source(f"{name}@{revision(path)}")
        super().__init__(
            LocalEndpoint(settings, source, timeout=limits.get("timeout", TIMEOUT)),
            name,
            ModelProfile(window, window // 2, native=frozenset({"schema"}), batch_independent=slots == 1),
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
