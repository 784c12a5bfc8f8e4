"""Closeness of texts by an embedding model, as a completion: cached, budgeted and counted like any other."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

from masdesign.errors import BilledError
from masdesign.lm.cached import Cached
from masdesign.lm.limited import Limited
from masdesign.lm.litellm import LiteLLM
from masdesign.lm.protocol import LM
from masdesign.lm.retrying import Retrying
from masdesign.records.cache import Cache
from masdesign.types import Completion, Request

_SHARED = (
    "model",
    "timeout",
    "num_retries",
    "max_retries",
    "caching",
    "api_base",
    "api_key",
    "extra_headers",
)
"""Arguments of a chat call that an embedding takes, too."""


class Embedding(LiteLLM):
    """An embedding model by its LiteLLM name: ``openai/text-embedding-3-small``, ``ollama/…``.

    Its completion of messages is text: for each message but the last its cosine with the last one,
    -1 to 1, separated by blanks. All are embedded in one call.
    """

    async def _send(self, request: Request) -> Any:
        chat = self._arguments(request)
        return await self._litellm.aembedding(
            input=[message.content or " " for message in request.messages],  # no vendor takes an empty text
            encoding_format="float",
            **{name: chat[name] for name in _SHARED if name in chat},
        )

    def _completion(self, reply: Any, request: Request) -> Completion:
        usage = self._usage(reply)
        try:
            in_order = sorted(reply.data, key=lambda part: part["index"])
            vectors = np.array([part["embedding"] for part in in_order], dtype=np.float64)
            closeness = _cosines(vectors, len(request.messages))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BilledError(
                f"{self.model} did not send a vector for each text; the item is left unscored", usage
            ) from None
        return Completion(" ".join(f"{value:.6f}" for value in closeness), usage)


def load_embedding(
    name: str, *, cache: Cache, concurrency: int, price: str | None = None, base_url: str | None = None
) -> LM:
    """The embedding model of this LiteLLM name, with all its wrappers but the run's own.

    Raises:
        InputError, CredentialsError: the model is unknown, or its key is missing.
    """
    provider = Embedding(name, base_url=base_url, price=price)
    return Cached(Limited(Retrying(provider, rng=Random()), concurrency), cache)


def _cosines(vectors: np.ndarray[Any, np.dtype[np.float64]], count: int) -> list[float]:
    """Of each of ``count`` vectors but the last with the last one; 0 for one without length."""
    if vectors.ndim != 2 or len(vectors) != count:
        raise ValueError(f"{vectors.shape} is not {count} vectors")
    lengths = np.linalg.norm(vectors, axis=1)
    unit = vectors / np.where(lengths > 0, lengths, 1.0)[:, None]
    return [float(value) for value in unit[:-1] @ unit[-1]]
