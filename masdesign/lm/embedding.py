"""Closeness of texts by an embedding model, as a completion: cached, budgeted and counted like any other."""

from random import Random
from typing import Any

import numpy as np

from masdesign.errors import BilledError
from masdesign.lm.cached import Cached
from masdesign.lm.cards import card_of, price_from
from masdesign.lm.chat.faults import Endpoint, fault
from masdesign.lm.chat.reply import count_tokens
from masdesign.lm.lane import Lanes, Limited
from masdesign.lm.load import server_of
from masdesign.lm.local.model import embedding_endpoint, file_of
from masdesign.lm.profile import ModelProfile
from masdesign.lm.protocol import LM
from masdesign.lm.providers import litellm, openai
from masdesign.lm.retrying import Retrying
from masdesign.lm.spec import ModelSpec
from masdesign.records.cache import Cache
from masdesign.spending.price import Price
from masdesign.types import Completion, Request, Usage


class Embedding:
    """An embedding model of a spec: ``openai/text-embedding-3-small``, ``ollama/…``, ``gguf:FILE``.

    Its completion of messages is text: for each message but the last its cosine with the last one,
    -1 to 1, separated by blanks. All are embedded in one call, of each the beginning that its window holds.
    """

    def __init__(self, spec: ModelSpec) -> None:
        chat, here = openai.speaks(spec), file_of(spec.model)
        self.endpoint: Endpoint
        self.profile: ModelProfile
        if here is not None:
            self.endpoint, self.profile = embedding_endpoint(*here, spec)
        else:
            self.endpoint, self.profile = openai.endpoint_of(spec) if chat else litellm.endpoint_of(spec)
        self.model, self.window = self.endpoint.source.model, self.profile.window
        free = None if here is None else Price(0.0, 0.0)
        self.price: Price | None = spec.price or free or price_from(card_of(spec.model))
        self._name = spec.model.partition("/")[2] if chat else spec.model

    async def complete(self, request: Request) -> Completion:
        """One call, never repeated."""
        texts = [self._beginning(message.content) for message in request.messages]
        answer = await self.endpoint.embed({"model": self._name, "input": texts, "encoding_format": "float"})
        if answer.status >= 300:
            raise fault(answer, self.endpoint.source)
        usage = self._usage(answer.data, request)
        try:
            in_order = sorted(answer.data["data"], key=lambda part: part["index"])
            vectors = np.array([part["embedding"] for part in in_order], dtype=np.float64)
            closeness = _cosines(vectors, len(request.messages))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BilledError(
                f"{self.model} did not send a vector for each text; the item is left unscored", usage
            ) from None
        return Completion(" ".join(f"{value:.6f}" for value in closeness), usage)

    def _beginning(self, text: str) -> str:
        """What the window holds of a text, at two ASCII characters or one other a token."""
        return text[: self.window * (2 if text.isascii() else 1)] or " "  # no vendor takes an empty text

    async def aclose(self) -> None:
        """Close the endpoint."""
        await self.endpoint.aclose()

    def _usage(self, data: Any, request: Request) -> Usage:
        given = data.get("usage") if isinstance(data, dict) else None
        count = count_tokens({**(given or {}), "completion_tokens": 0}, request, "", "", 10**9)
        usage = Usage(count.prompt if count else 0, 0)
        return usage if self.price is None else self.price.priced(usage)


def load_embedding(
    spec: ModelSpec | str, *, cache: Cache, concurrency: int, lanes: Lanes | None = None
) -> LM:
    """The embedding model of a spec, with all its wrappers but the run's own.

    Raises:
        InputError, CredentialsError: the model is unknown, or its key is missing.
    """
    spec = ModelSpec.of(spec)
    lane = (lanes or Lanes()).of(spec, server_of(spec), concurrency)
    limited = Limited(Embedding(spec), lane)
    return Cached(Retrying(limited, sleep=lane.rest, rng=Random(), outage=lane.outage), cache)


def _cosines(vectors: np.ndarray[Any, np.dtype[np.float64]], count: int) -> list[float]:
    """Of each of ``count`` vectors but the last with the last one; 0 for one without length."""
    if vectors.ndim != 2 or len(vectors) != count:
        raise ValueError(f"{vectors.shape} is not {count} vectors")
    lengths = np.linalg.norm(vectors, axis=1)
    unit = vectors / np.where(lengths > 0, lengths, 1.0)[:, None]
    return [float(value) for value in unit[:-1] @ unit[-1]]
