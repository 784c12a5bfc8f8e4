"""Where payloads go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from masdesign.lm.chat.faults import ServerAnswer, Source


class Endpoint(Protocol):
    """Sends one body and gives what came back, whatever its status.

    **Contract.** `ProviderError` is raised where nothing came back (no connection, a time-out). Nothing is
    sent twice. `aclose` closes only what this endpoint opened.
    """

    source: Source

    async def chat(self, body: Mapping[str, Any]) -> ServerAnswer:
        """A chat completion."""
        ...

    async def embed(self, body: Mapping[str, Any]) -> ServerAnswer:
        """Embeddings."""
        ...

    async def aclose(self) -> None:
        """Close connections; again does nothing."""
        ...
