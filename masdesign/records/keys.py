"""The name under which a completion is remembered."""

import json
from hashlib import sha256
from typing import Any

from masdesign.types import Message, Part, Request, ToolCall

_KEPT = "_key"
"""Where a request keeps its key."""
_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def cache_key(request: Request) -> str:
    """SHA-256 over all that a completion depends on: model, messages, sampling, sample and world.

    Two requests with the same key get the same draw (*common random numbers*); another ``sample``
    or ``world`` is another draw.

    >>> from masdesign.types import Message
    >>> cache_key(Request((Message("user", "2 + 2 ="),), model="m"))[:12]
    'e87c84dd72e3'
    """
    kept = vars(request).get(_KEPT)
    if kept is None:  # the budget asks for it, then the cache
        kept = vars(request)[_KEPT] = _hash_text(request)
    return str(kept)


def _hash_text(request: Request) -> str:
    parts: list[Any] = [
        "masdesign-completion-1",
        request.model,
        [_message(message) for message in request.messages],
        float(request.temperature) + 0.0,  # -0.0 and 0.0 are one request, so they have one key
        request.max_tokens,
        list(request.stop),
        request.sample,
        request.world,
    ]
    # Fields that came later are appended only where they are set, so that older keys stay what they were.
    if request.tools:
        parts.append({"tools": [[tool.name, tool.description, tool.schema] for tool in request.tools]})
    if request.schema:
        parts.append({"schema": request.schema})
    # ASCII escapes: a lone surrogate in a prompt must not end a run.
    return sha256(_encode(parts).encode("ascii")).hexdigest()


def _message(message: Message) -> list[Any]:
    parts = [_part(part) for part in message.parts]
    return [message.role, message.content, *([parts] if parts else [])]


def _part(part: Part) -> list[str]:
    if isinstance(part, ToolCall):
        return ["call", part.id, part.name, part.arguments]
    return ["result", part.id, part.text]
