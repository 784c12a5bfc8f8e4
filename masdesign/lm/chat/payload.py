"""A request as the JSON of OpenAI's chat completions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from masdesign.types import Message, Request, ToolCall, ToolResult


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
