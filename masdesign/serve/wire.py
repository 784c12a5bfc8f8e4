"""OpenAI's chat completions as JSON: what is asked, what is answered, and how it is refused.

https://platform.openai.com/docs/api-reference/chat
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from masdesign.types import Message, Role, Usage

MOST_CHOICES = 16
"""Completions that one request may ask for (``n``)."""
_ROLES: dict[object, Role] = {
    "system": "system", "developer": "system", "user": "user", "assistant": "assistant"
}  # fmt: skip
_IN_VAIN = ("tools", "functions", "audio", "logprobs")
"""Members of a request that would be ignored where they ask for something."""
_PIECE = 24
"""Characters of one piece of a streamed answer."""


class Refusal(Exception):
    """Why a request is not answered, as OpenAI says it: an HTTP status, a type and a code."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.kind, self.code, self.param = status, message, kind, code, param
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """As JSON."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request, checked."""

    model: str
    messages: tuple[Message, ...]
    temperature: float = 1.0
    max_tokens: int = 0
    """0: as long as the model's profile says."""
    stop: tuple[str, ...] = ()
    n: int = 1
    seed: int | None = None
    stream: bool = False
    stream_usage: bool = False


@dataclass(frozen=True, slots=True)
class ChatChoice:
    """One choice of the answer."""

    text: str
    finish: Literal["stop", "length"] = "stop"
    reasoning: str = ""
    """Shown as ``reasoning_content``, where there is some."""


MOST_MESSAGES = 2_000
"""Messages of one request; a design takes each as a passage."""


def read_request(body: bytes) -> ChatRequest:
    """The request of a body; raises `Refusal` (400), naming the member that is wrong."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is not JSON") from None
    if not isinstance(data, dict):
        raise Refusal(400, "the body is not a JSON object")
    for name in _IN_VAIN:
        if data.get(name):
            raise Refusal(400, f"{name} is not supported", param=name)
    if (data.get("response_format") or {"type": "text"}) != {"type": "text"}:
        raise Refusal(400, "response_format: only text is supported", param="response_format")
    options = data.get("stream_options")
    return ChatRequest(
        model=_member(data, "model", str, ""),
        messages=_messages(data.get("messages")),
        temperature=_number(data, "temperature", 1.0, 0, 2),
        max_tokens=_length(data),
        stop=_stop(data.get("stop")),
        n=_count(data, "n", 1, MOST_CHOICES),
        seed=_member(data, "seed", int, None),
        stream=_is_true(data, "stream"),
        stream_usage=isinstance(options, dict) and bool(options.get("include_usage")),
    )


def _member(data: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Refusal(400, f"{name} is not {'a text' if kind is str else 'a whole number'}", param=name)
    return value


def _number(data: Mapping[str, Any], name: str, default: float, least: float, most: float) -> float:
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not least <= value <= most:
        raise Refusal(400, f"{name} is not a number from {least:g} to {most:g}", param=name)
    return value


def _count(data: Mapping[str, Any], name: str, default: int, most: float) -> int:
    value = _number(data, name, default, 1, most)
    if value != int(value):
        raise Refusal(400, f"{name} is not a whole number", param=name)
    return int(value)


def _length(data: Mapping[str, Any]) -> int:
    """The length that is asked for, by either name; 0 where none is."""
    for name in ("max_completion_tokens", "max_tokens"):
        if data.get(name) is not None:
            return _count(data, name, 1, 1e6)
    return 0


def _is_true(data: Mapping[str, Any], name: str) -> bool:
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal(400, f"{name} is neither true nor false", param=name)
    return bool(value)


def _stop(value: object) -> tuple[str, ...]:
    marks = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(marks, list) or len(marks) > 4 or not all(isinstance(m, str) and m for m in marks):
        raise Refusal(400, "stop is not a text, nor a list of at most four", param="stop")
    return tuple(marks)


def _messages(value: object) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise Refusal(400, "messages is not a list of messages", param="messages")
    if len(value) > MOST_MESSAGES:
        raise Refusal(400, f"messages has more than {MOST_MESSAGES} entries", param="messages")
    messages = []
    for place, entry in enumerate(value):
        speaker = entry.get("role") if isinstance(entry, dict) else None
        role = _ROLES.get(speaker) if isinstance(speaker, str) else None
        text = _text(entry.get("content")) if isinstance(entry, dict) else None
        if role is None or text is None:
            raise Refusal(
                400,
                "a message has a role (system, developer, user or assistant) and a text as its content",
                param=f"messages[{place}]",
            )
        messages.append(Message(role, text))
    return tuple(messages)


def _text(content: object) -> str | None:
    """The text of a message, whole or in parts; ``None`` where there is something else in it.

    Half a character, which a client leaves that cuts a text in two, is replaced: it can be sent nowhere.

    >>> _text("cut \\ud83d")
    'cut \ufffd'
    """
    if isinstance(content, list):
        parts = [p.get("text") if isinstance(p, dict) and p.get("type") == "text" else None for p in content]
        content = "".join(parts) if parts and all(isinstance(p, str) for p in parts) else None  # type: ignore[arg-type]
    if not isinstance(content, str):
        return None
    return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def completion(
    answer_id: str, created: int, model: str, replies: list[ChatChoice], usage: Usage
) -> dict[str, Any]:
    """A ``chat.completion``."""
    return {
        "id": answer_id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [
            {"index": i, "finish_reason": r.finish, "logprobs": None, "message": _message(r)}
            for i, r in enumerate(replies)
        ],
        "usage": _usage(usage),
    }


def _message(reply: ChatChoice) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text, "refusal": None}
    return message | ({"reasoning_content": reply.reasoning} if reply.reasoning else {})


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.tokens,
    }


def chunks(
    answer_id: str, created: int, model: str, replies: list[ChatChoice], usage: Usage, *, with_usage: bool
) -> Iterator[bytes]:
    """The same as server-sent events (``chat.completion.chunk``), the text in pieces."""
    head = {"id": answer_id, "object": "chat.completion.chunk", "created": created, "model": model}

    def event(index: int, delta: Mapping[str, str], finish: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**head, "choices": [choice], **({"usage": None} if with_usage else {})})

    for index, reply in enumerate(replies):
        yield event(index, {"role": "assistant", "content": ""})
        for start in range(0, len(reply.text), _PIECE):
            yield event(index, {"content": reply.text[start : start + _PIECE]})
        yield event(index, {}, reply.finish)
    if with_usage:
        yield _event({**head, "choices": [], "usage": _usage(usage)})
    yield b"data: [DONE]\n\n"


def _event(data: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n\n"
