"""The name under which a completion is remembered."""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256

from masdesign.types import Request


@lru_cache(4096)  # the budget asks for it, then the cache
def cache_key(request: Request) -> str:
    """SHA-256 over all that a completion depends on: model, messages, sampling, sample and world.

    Two requests with the same key get the same draw (*common random numbers*); another ``sample``
    or ``world`` is another draw.

    >>> from masdesign.types import Message
    >>> cache_key(Request((Message("user", "2 + 2 ="),), model="m"))[:12]
    'e87c84dd72e3'
    """
    parts = [
        "masdesign-completion-1",
        request.model,
        [[message.role, message.content] for message in request.messages],
        float(request.temperature) + 0.0,  # -0.0 and 0.0 are one request, so they have one key
        request.max_tokens,
        list(request.stop),
        request.sample,
        request.world,
    ]
    # ASCII escapes: a lone surrogate in a prompt must not end a run.
    return sha256(json.dumps(parts, separators=(",", ":")).encode("ascii")).hexdigest()
