"""What is sent: a request as the JSON of OpenAI's chat completions, and what of it a server takes.

The latter is learnt from its complaints, remembered, told. It never changes a prompt or a key.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from masdesign.lm.chat.faults import Complaint, ServerAnswer
from masdesign.types import Message, Request, ToolCall, ToolResult

LEAST = 16
"""Completion tokens below which a prompt counts as too long."""
_LENGTHS = ("max_completion_tokens", "max_tokens")
_OPTIONAL = {
    "temperature": "temperature",
    "stop": "stop",
    "response_format": "response_format|response_schema|json_schema|output_format|grammar",
    "tools": "tools|tool_choice|tool choice|tool use|function call(?:s|ing)?",
}
"""What may be left out, and the words for it in complaints."""
_WINDOW = re.compile(
    r"(?:maximum context length is|context (?:length|window|size)(?: is| of|:)?|"
    r"`inputs` tokens \+ `max_new_tokens` must be <=|token limit:) (\d+)",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"requested:? (?:about |a total of )?(\d+)", re.IGNORECASE)
"""Tokens of prompt and completion together."""
_PROMPT = re.compile(
    r"(\d+) (?:tokens )?(?:in the messages|in your prompt|input tokens|prompt tokens|of text input|"
    r"from the input messages|`inputs` tokens)",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"max_(?:completion_|new_|output_)?tokens|maxOutputTokens|max(?:imum)? tokens", re.IGNORECASE
)
_BOUND = re.compile(
    r"too large|at most|less than|lower than|maximum|exceed|<=|≤|limit|range|between", re.IGNORECASE
)
_OUTSIDE = re.compile(r"exclusive|lower than|less than(?! or)", re.IGNORECASE)
"""Says that the bound itself is not allowed."""
_UNKNOWN = re.compile(
    r"unsupported|not supported|does not support|unrecognized|unknown|unexpected|not permitted|not allowed|"
    r"extra inputs|extra fields|invalid parameter|only the default|deprecated|incompatible|cannot be used|"
    r"cannot both|mutually exclusive|not available",
    re.IGNORECASE,
)


class Wire:
    """What of a payload is left out, renamed or lowered for one server.

    Parameters:
        refuses: parameters known to be refused.
        renamed: whether the length goes by ``max_completion_tokens`` from the start.
    """

    def __init__(self, refuses: frozenset[str] = frozenset(), *, renamed: bool = False) -> None:
        self.refuses: set[str] = set(refuses)
        self.longest: int | None = None
        """The longest completion that the server allows, once it said so."""
        self._renamed = renamed
        self.lessons: list[str] = []
        """What was learnt, a clause each."""

    def sent(self, payload: Mapping[str, Any], room: int | None = None) -> dict[str, Any]:
        """The payload as this server takes it; ``room`` is what the window leaves for the completion."""
        body = {name: value for name, value in payload.items() if name not in self.refuses}
        length = body.pop("max_tokens")
        limits = [limit for limit in (length, self.longest, room) if limit is not None]
        if "max_tokens" not in self.refuses:
            body["max_completion_tokens" if self._renamed else "max_tokens"] = min(limits)
        return body

    def learn(self, answer: ServerAnswer, sent: Mapping[str, Any]) -> bool:
        """Whether a complaint named something that was sent and can be left out, renamed or lowered."""
        if answer.status not in (400, 404, 422, 501):  # OpenRouter: no endpoint that supports tool use
            return False
        complaint = Complaint.of(answer.data)
        return self._learn_length(complaint, sent) or self._learn_refusal(complaint, sent)

    def room(self, answer: ServerAnswer, sent: Mapping[str, Any]) -> int | None:
        """Completion tokens that the window leaves, where a server says both sizes and the prompt fits."""
        if answer.status not in (400, 422):
            return None
        message, length = Complaint.of(answer.data).message, _length(sent)
        window, total, part = _WINDOW.search(message), _TOTAL.search(message), _PROMPT.search(message)
        prompt = int(total[1]) - length if total else int(part[1]) if part else 0
        if window is None or prompt <= 0:
            return None
        left = int(window[1]) - prompt
        return left if LEAST <= left < length else None

    def _learn_length(self, complaint: Complaint, sent: Mapping[str, Any]) -> bool:
        name = next((n for n in _LENGTHS if n in sent), None)
        if name is None or not (complaint.param in _LENGTHS or _LENGTH.search(complaint.message)):
            return False
        numbers = [int(digits) for digits in re.findall(r"\d{1,9}", complaint.message)]
        lower = [number for number in numbers if LEAST <= number < _length(sent)]
        if lower and _BOUND.search(complaint.message) and _WINDOW.search(complaint.message) is None:
            most = max(lower) - bool(_OUTSIDE.search(complaint.message))
            return self._note("longest", most, f"takes at most {most} completion tokens")
        other = "max_tokens" if name == "max_completion_tokens" else "max_completion_tokens"
        if other in complaint.message or _UNKNOWN.search(complaint.message):
            if self._renamed != (name == "max_tokens"):
                return self._note("_renamed", name == "max_tokens", f"wants {other} in place of {name}")
            self.refuses.add("max_tokens")  # it takes neither
            self.lessons.append("takes no length of a completion")
            return True
        return False

    def _note(self, attribute: str, value: Any, lesson: str) -> bool:
        setattr(self, attribute, value)
        if lesson not in self.lessons:
            self.lessons.append(lesson)
        return True

    def _learn_refusal(self, complaint: Complaint, sent: Mapping[str, Any]) -> bool:
        named = [name for name, words in _OPTIONAL.items() if name in sent and _names(complaint, words)]
        if not named:
            return False
        self.refuses.add(named[0])
        lesson = f"refuses {named[0]}: left out"
        if lesson not in self.lessons:
            self.lessons.append(lesson)
        return True


def refused_option(answer: ServerAnswer, options: Mapping[str, Any]) -> str:
    """The user's own option that a 400 or 422 names; empty where it names none."""
    if answer.status not in (400, 422):
        return ""
    complaint = Complaint.of(answer.data)
    return next((name for name in options if _names(complaint, re.escape(name))), "")


def _names(complaint: Complaint, words: str) -> bool:
    """Whether a complaint is about one of the words (a pattern)."""
    match = re.search(rf"\b(?:{words})\b", complaint.message, re.IGNORECASE)
    return match is not None or re.fullmatch(words, complaint.param) is not None


def _length(sent: Mapping[str, Any]) -> int:
    return int(next((sent[name] for name in _LENGTHS if name in sent), 0))


def payload_of(name: str, request: Request, options: Mapping[str, Any]) -> dict[str, Any]:
    """The body that asks the model ``name``; ``options`` are the user's own (`ModelSpec.draw`)."""
    body: dict[str, Any] = {
        "model": name,
        "messages": [part for message in request.messages for part in messages_of(message)],
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
    }
    if request.stop:
        body["stop"] = list(request.stop)
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": t.name, "description": t.description, "parameters": dict(t.schema)},
            }
            for t in request.tools
        ]
    if request.schema:
        schema = {"name": "reply", "strict": True, "schema": json.loads(request.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return {**body, **options}


def messages_of(message: Message) -> list[dict[str, Any]]:
    """A message with what it holds beside text: each tool's result is a message of its own.

    >>> messages_of(Message("user", "2 + 2 ="))
    [{'role': 'user', 'content': '2 + 2 ='}]
    """
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    results = [part for part in message.parts if isinstance(part, ToolResult)]
    shown = [{"role": "tool", "tool_call_id": part.id, "content": part.text} for part in results]
    if results and not (calls or message.content):
        return shown
    body: dict[str, Any] = {"role": message.role, "content": message.content}
    if calls:
        body["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for c in calls
        ]
    return [*shown, body]
