"""A stream of events as the one reply that it comes to: some servers stream, asked or not."""

from __future__ import annotations

import json
from typing import Any

_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def joined_stream(text: str) -> Any:
    """The chat completion whose chunks a server sent as events; one without an end is an error.

    >>> event = {"choices": [{"delta": {"content": "4"}, "finish_reason": "stop"}]}
    >>> joined_stream(f"data: {json.dumps(event)}\\n\\ndata: [DONE]")
    {'choices': [{'message': {'content': '4'}, 'finish_reason': 'stop'}], 'usage': None}
    """
    message: dict[str, Any] = {}
    calls: dict[int, dict[str, Any]] = {}
    finish: Any = None
    usage: Any = None
    for chunk in _events(text):
        if chunk.get("error"):
            return chunk
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or choice.get("message") or {}
            for name in _TEXTS:
                if isinstance(delta.get(name), str):
                    message[name] = message.get(name, "") + delta[name]
            for part in delta.get("tool_calls") or ():
                _add_call(calls, part)
            finish = choice.get("finish_reason") or finish
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    return {"choices": [{"message": message, "finish_reason": finish or "error"}], "usage": usage}


def _events(text: str) -> list[dict[str, Any]]:
    events = []
    for line in text.splitlines():
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data != "[DONE]":
            try:
                event = json.loads(data)
            except ValueError:
                return [{"error": {"message": "an event is no JSON"}}]
            events += [event] if isinstance(event, dict) else []
    return events


def _add_call(calls: dict[int, dict[str, Any]], part: dict[str, Any]) -> None:
    call = calls.setdefault(int(part.get("index", 0)), {"id": "", "function": {"name": "", "arguments": ""}})
    call["id"] = part.get("id") or call["id"]
    function = part.get("function") or {}
    call["function"]["name"] += function.get("name") or ""
    call["function"]["arguments"] += function.get("arguments") or ""
