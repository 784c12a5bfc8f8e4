"""What a worker process and its owner say to each other: one line of JSON a message.

    to the worker     {"calls": [ask, ...]}     {"cancel": key}
    from the worker   {"replies": [told, ...]}

The worker ends when its input does.
"""

from __future__ import annotations

import json
from typing import Any, TypedDict

from masdesign.types import Request


class Ask(TypedDict):
    """A request on the wire; ``key`` names it between the two."""

    key: int
    messages: list[tuple[str, str]]
    temperature: float
    max_tokens: int
    stop: list[str]
    sample: int
    world: int


class WireReply(TypedDict, total=False):
    """What became of a request: either ``overflow``, or all the others."""

    key: int
    overflow: str
    text: str
    prompt_tokens: int
    completion_tokens: int
    finish: str


def ask(key: int, request: Request) -> Ask:
    """A request as it is sent."""
    return Ask(
        key=key,
        messages=[(message.role, message.content) for message in request.messages],
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        stop=list(request.stop),
        sample=request.sample,
        world=request.world,
    )


def line(message: dict[str, Any]) -> bytes:
    """One message as bytes. Any text survives, lone surrogates too.

    >>> line({"cancel": 3})
    b'{"cancel": 3}\\n'
    """
    return json.dumps(message).encode("ascii") + b"\n"
