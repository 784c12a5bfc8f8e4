"""A chat completion's JSON as a `Completion`, or as the fault that it is.

How many tokens it took: as the server says, where that can be.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from masdesign.errors import BilledError, LMError, ProviderError, Refused
from masdesign.lm.chat.faults import Source
from masdesign.types import Completion, Finish, Request, ToolCall, Usage
from masdesign.utf8 import utf8

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
    written = len(text) + len(reasoning)
    if (prompt or 0) + (completion or 0) > max(most, sent + written):  # what was written is believed
        return None
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


_FINISHES: dict[str, Finish] = {
    **dict.fromkeys(("length", "max_tokens", "model_length", "max_output_tokens", "token_limit"), "length"),
    **dict.fromkeys(("incomplete", "error_limit", "max_length"), "length"),
    **dict.fromkeys(("tool_calls", "function_call", "tool_use"), "tool"),
    **dict.fromkeys(
        (
            *("content_filter", "safety", "refusal", "recitation", "prohibited_content", "blocklist"),
            *("spii", "guardrail_intervened", "content_filtered", "sensitive", "error_toxic", "moderation"),
            *("image_safety", "language", "content_policy"),
        ),
        "refused",
    ),
    **dict.fromkeys(
        (
            *("error", "network_error", "insufficient_system_resource", "abort", "cancelled", "timeout"),
            "malformed_function_call",
        ),
        "error",
    ),
}
_THOUGHT_TAG = r"(?:\w+:)?(?:think|thinking|thoughts?|reasoning)"
_OPENING = re.compile(
    rf"\s*(?:<{_THOUGHT_TAG}(?:\s[^>]*)?>|\[THINK\]|◁think▷|<\|begin_of_thought\|>)", re.IGNORECASE
)
_CLOSING = re.compile(rf"</{_THOUGHT_TAG}>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>", re.IGNORECASE)
_CHANNEL = re.compile(
    r"<\|channel\|>(\w+)[^<]*<\|message\|>(.*?)(?=<\|(?:end|start|return|channel)\|>|\Z)", re.DOTALL
)


@dataclass(frozen=True)
class ServerReply:
    """A completion, and what was seen of the server in it."""

    completion: Completion
    count: Count


def read_reply(data: Any, request: Request, source: Source, most: int) -> ServerReply:
    """Read the first choice of ``data``. Reasoning is split from the answer, and never read as one.

    Parameters:
        most: tokens that one call can use at most; a usage beyond it is not believed.

    Raises:
        ProviderError, BilledError: it is malformed, broken off, or empty without a reason.
        Refused: a content filter or the model itself refused.
    """
    if not isinstance(data, dict):
        raise ProviderError(f"model {source.model!r} sent a reply that is no JSON object")
    message, finish = _first(data)
    text, parted, refusal = _content(message.get("content"))
    text, inline = split_reasoning(text)
    reasoning = "".join((_stated(message), parted, inline))
    calls = _tool_calls(message, len(request.messages))
    count = count_tokens(data.get("usage"), request, text, reasoning, most)
    if count is None:
        raise ProviderError(f"model {source.model!r} reported a usage beyond its window; it is not believed")
    usage = Usage(count.prompt, count.completion, reasoning_tokens=count.reasoning)
    refusal = refusal or str(message.get("refusal") or "")
    if finish == "refused" or (refusal and not text):
        error = Refused(
            f"model {source.model!r} refused to answer: {source.shown(refusal) or 'content filter'}"
        )
        error.usage = usage if count.counted else Usage()
        raise error
    wrong = _wrong(data, message, finish, text, calls, request)
    if wrong:
        raise broken(f"model {source.model!r} {wrong}", usage, count.counted)
    if calls and request.tools and finish == "stop":
        finish = "tool"
    return ServerReply(Completion(utf8(text), usage, finish, utf8(reasoning), calls), count)


def broken(message: str, usage: Usage, counted: bool) -> LMError:
    """A fault in a reply: of one that was counted it is known that it was billed."""
    return BilledError(message, usage) if counted and usage.tokens else ProviderError(message)


def _first(data: dict[str, Any]) -> tuple[dict[str, Any], Finish]:
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return {}, "error"
    message = choice.get("message")
    reason = str(choice.get("finish_reason") or "stop").lower().replace("-", "_")
    finish = "error" if choice.get("error") else _FINISHES.get(reason, "stop")
    return (
        (message, finish)
        if isinstance(message, dict)
        else ({}, "refused" if finish == "refused" else "error")
    )


def _wrong(
    data: dict[str, Any],
    message: dict[str, Any],
    finish: Finish,
    text: str,
    calls: tuple[ToolCall, ...],
    request: Request,
) -> str:
    """What makes a reply unusable; empty where nothing does."""
    if not message:
        return "sent a reply without a message"
    if finish == "error" or data.get("error"):
        return "broke off its reply with an error"
    if calls and not request.tools and not text.strip():
        return "asked for tools that it was not offered"
    if not text.strip() and not calls and (finish == "tool" or (finish == "stop" and not request.stop)):
        return "sent an empty reply without a reason"
    return ""


def _content(content: Any) -> tuple[str, str, str]:
    """Text, reasoning and refusal of a message's content: a text, a part, or a list of parts."""
    content = [content] if isinstance(content, dict) else content
    if not isinstance(content, list):
        return (content if isinstance(content, str) else ""), "", ""
    text, reasoning, refusal = "", "", ""
    for part in content:
        if isinstance(part, str):
            text += part
        elif isinstance(part, dict):
            kind, shown = str(part.get("type", "text")), part.get("text")
            if kind in ("thinking", "reasoning"):
                names = ("thinking", "reasoning", "summary")
                reasoning += _join(next((part[name] for name in names if part.get(name)), shown))
            elif kind == "refusal":
                refusal += str(part.get("refusal") or shown or "")
            else:
                text += _join(shown)
    return text, reasoning, refusal


def _join(value: Any) -> str:
    if isinstance(value, list):
        return "".join(_join(part) for part in value)
    if isinstance(value, dict):
        names = ("text", "value", "thinking", "content", "summary")
        return _join(next((value[name] for name in names if value.get(name)), ""))
    return value if isinstance(value, str) else ""


def _stated(message: dict[str, Any]) -> str:
    """Reasoning in a field of its own, of which servers have several."""
    names = ("reasoning_content", "reasoning", "thinking", "reasoning_details", "thinking_blocks")
    for name in names:
        stated = _join(message.get(name))
        if stated:
            return stated
    return ""


def split_reasoning(text: str) -> tuple[str, str]:
    """A reply's answer, and the reasoning between tags before it; where that is cut, there is no answer.

    >>> split_reasoning("<think>2 + 2</think>Answer: 4"), split_reasoning("<think>2 + 2 is")
    (('Answer: 4', '2 + 2'), ('', '2 + 2 is'))
    >>> split_reasoning("so it is 4</think>\\nAnswer: 4"), split_reasoning("Answer: 4")
    (('Answer: 4', 'so it is 4'), ('Answer: 4', ''))
    """
    if text.startswith("<|channel|>"):
        parts = _CHANNEL.findall(text)
        final = "".join(shown for name, shown in parts if name == "final")
        return final, "".join(shown for name, shown in parts if name != "final")
    opening, closing = _OPENING.match(text), _CLOSING.search(text)
    if closing and (opening or "<think>" not in text[: closing.start()].lower()):
        start = opening.end() if opening else 0
        nested = text[start : closing.start()].lower().count("<think>")  # a thought within a thought
        closings = list(_CLOSING.finditer(text))
        closing = closings[min(nested, len(closings) - 1)]
        thought, place = text[start : closing.start()], closing.end()
        while opening := _OPENING.match(text, place):  # it thinks again
            closing = _CLOSING.search(text, opening.end())
            place = closing.end() if closing else len(text)
            thought += text[opening.end() : closing.start() if closing else place]
        return text[place:].lstrip("\n"), thought
    return ("", text[opening.end() :]) if opening else (text, "")


def _tool_calls(message: dict[str, Any], turn: int) -> tuple[ToolCall, ...]:
    """The tools that are asked for; a call that the server gave no id has one of its turn and place."""
    listed = message.get("tool_calls")
    if not isinstance(listed, list):
        legacy = message.get("function_call")
        listed = [{"function": legacy}] if isinstance(legacy, dict) else []
    calls = []
    for place, call in enumerate(listed):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and function.get("name"):
            given = function.get("arguments")
            arguments = given if isinstance(given, str) else json.dumps(given or {})
            named = str(call.get("id") or f"call_{turn}_{place}")
            calls.append(ToolCall(utf8(str(function["name"])), utf8(arguments), utf8(named)))
    return tuple(calls)
