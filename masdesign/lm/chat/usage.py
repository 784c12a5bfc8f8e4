"""How many tokens a call took: as the server says, where that can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from masdesign.types import Request

CHARACTERS = 4
"""Characters of a token, where a server counts none: designs must not look free."""
MOST_CHARACTERS = 20
"""Characters that one token can stand for at the very most; a server that counts fewer is not believed."""


@dataclass(frozen=True)
class Count:
    """Tokens of one call."""

    prompt: int
    completion: int
    cached: int = 0
    """Of the prompt: read from the provider's cache."""
    reasoning: int = 0
    """Of the completion: thought before the answer."""
    counted: bool = True
    """Whether the server counted them; otherwise they are estimates by characters."""


def count_tokens(usage: Any, request: Request, text: str, reasoning: str, most: int) -> Count | None:
    """The tokens of a call; ``None`` where the server claims more than ``most``.

    What is missing, negative, or too few for the characters is estimated. Thinking that a server counts in
    ``total_tokens`` alone is part of the completion.
    """
    sent = sum(len(message.content) for message in request.messages)
    given = usage if isinstance(usage, dict) else {}
    prompt = _count(given, "prompt_tokens", "input_tokens", "prompt_eval_count")
    completion = _count(given, "completion_tokens", "output_tokens", "eval_count")
    details = _table(given, "completion_tokens_details", "output_tokens_details")
    thought = _count(details, "reasoning_tokens") or 0
    shown = completion
    total = _count(given, "total_tokens") or 0
    if prompt is not None and completion is not None and total > prompt + completion:
        completion = total - prompt
    if (prompt or 0) + (completion or 0) > most:
        return None
    written = len(text) + len(reasoning)
    if not thought and completion and shown is not None:
        thought = completion - shown or round(completion * len(reasoning) / max(1, written))
    counted = _plausible(prompt, sent) and _plausible(completion, written)
    prompt = prompt if prompt is not None and _plausible(prompt, sent) else -(-sent // CHARACTERS)
    if completion is None or not _plausible(completion, written):
        completion = -(-written // CHARACTERS)
    read = _table(given, "prompt_tokens_details", "input_tokens_details")
    cached = _count(read, "cached_tokens") or _count(
        given, "prompt_cache_hit_tokens", "cache_read_input_tokens"
    )
    return Count(prompt, completion, min(cached or 0, prompt), min(thought, completion), counted)


def _count(table: dict[str, Any], *names: str) -> int | None:
    """The first whole number of 0 or more under one of the names."""
    for name in names:
        value = table.get(name)
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value[:20])
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**18:
            return int(value)
        if isinstance(value, int | float) and value >= 10**18:
            return 10**18
    return None


def _table(table: dict[str, Any], *names: str) -> dict[str, Any]:
    return next((table[name] for name in names if isinstance(table.get(name), dict)), {})


def _plausible(tokens: int | None, characters: int) -> bool:
    return tokens is not None and tokens * MOST_CHARACTERS >= characters
