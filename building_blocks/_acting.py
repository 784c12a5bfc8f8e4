"""What acting blocks share: a conversation in which tools are called and observations come back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from masdesign.building_blocks._step import kept_reply
from masdesign.building_blocks._window import room, shortened, tokens
from masdesign.types import Message, Observation, Tool, ToolCall, ToolResult
from masdesign.workflow import running

RESPOND = "respond"
"""The tool by which an agent speaks to a person: where there is one, plain words are for them."""
REPEATS = 3
"""So many times the same call with the same observation, one after another, is a loop."""
_SHARE = 0.7
"""Share of the window that a conversation may take; the rest is for the reply."""
_BRIEF = 40
"""Tokens that are left of an old observation where the conversation is too long."""
_ACTION = re.compile(
    r"^[ \t*_`]{0,20}Action[ \t*_`]{0,5}:[ \t*_`]{0,20}([\w.-]{1,64})[ \t*_`]{0,5}", re.MULTILINE
)
_OBSERVATION = "Observation: "


@dataclass(frozen=True, slots=True)
class Turn:
    """What the model said: words, and the calls that it asks for in them."""

    text: str
    calls: tuple[ToolCall, ...]


@dataclass
class Talk:
    """A conversation of one agent. Tools are offered natively where the model takes them, else in words."""

    messages: list[Message]
    tools: tuple[Tool, ...]
    model: str = ""
    temperature: float = 0.0
    native: bool = False
    transcript: list[str] = field(default_factory=list)
    _seen: list[tuple[str, str, str]] = field(default_factory=list)

    async def turn(self, ask: str = "") -> Turn:
        """Have the model's next turn; one call. With ``ask``, it is told so first, and offered no tool."""
        if ask:
            self.messages.append(Message("user", ask))
        run = running()
        offered = self.tools if self.native and not ask else ()
        stop = () if self.native else ("\nObservation:",)
        completion = await run.complete(
            self._fitting(), model=self.model, temperature=self.temperature, stop=stop, tools=offered
        )
        text = kept_reply(completion, run.lm(self.model).window)
        text = text if self.native else text.partition("\nObservation:")[0].strip()  # not its to say
        calls = completion.tool_calls if self.native else read_actions(text)
        if not calls and text.strip() and RESPOND in {tool.name for tool in self.tools}:
            calls = (ToolCall(RESPOND, json.dumps({"text": text.strip()})),)  # words are for the customer
        self.messages.append(Message("assistant", text, completion.tool_calls if self.native else ()))
        self.transcript.append(text)
        return Turn(text, () if ask else calls)

    async def do(self, calls: Sequence[ToolCall]) -> Observation:
        """Make the calls in order, and tell the model what came of each; the last observation."""
        observation = Observation("")
        for call in calls:
            observation = await running().act(call.name, call.arguments)
            self._tell(call, observation)
            self._seen.append((call.name, call.arguments, observation.text))
            if observation.done:
                break
        return observation

    @property
    def goes_round(self) -> bool:
        """Whether the last calls are all the same, and so is what came of them."""
        return len(self._seen) >= REPEATS and len(set(self._seen[-REPEATS:])) == 1

    def _tell(self, call: ToolCall, observation: Observation) -> None:
        text = f"Error: {observation.text}" if observation.error else observation.text
        self.transcript.append(f"{_OBSERVATION}{text}")
        if self.native and call.id:
            self.messages.append(Message("tool", text, (ToolResult(call.id, text),)))
        elif self.native:  # plain words to a person, who replied
            self.messages.append(Message("user", text))
        else:
            self.messages.append(Message("user", f"{_OBSERVATION}{text}"))

    def _fitting(self) -> list[Message]:
        """The messages as they fit the model's window: observations are shortened, the oldest first."""
        most = room(self.model, _SHARE)
        sizes = [tokens(message.content) for message in self.messages]
        fitting, shortened_ones = list(self.messages), 0
        for place, message in enumerate(self.messages):
            if sum(sizes) <= most:
                break
            if _is_observation(message) and sizes[place] > _BRIEF:
                fitting[place] = _brief(message)
                sizes[place] = tokens(fitting[place].content)
                shortened_ones += 1
        if shortened_ones:
            running().note("context", f"{shortened_ones} observations are shortened to fit the window")
        return fitting


def read_actions(text: str) -> tuple[ToolCall, ...]:
    """The first ``Action: tool {…}`` of a reply; its arguments as the model wrote them.

    >>> read_actions('Thought: look\\nAction: read {"page": 2}')
    (ToolCall(name='read', arguments='{"page": 2}', id=''),)
    >>> read_actions("Answer: 4")
    ()
    """
    match = _ACTION.search(text)
    if match is None:
        return ()
    return (ToolCall(match.group(1), _json_object(text[match.end() :])),)


def shown_tools(tools: Iterable[Tool]) -> list[dict[str, str]]:
    """Tools as a prompt names them: name, the shape of the arguments, and what it does.

    >>> shown_tools([Tool("read", "Read a page.", {"properties": {"page": {"type": "integer"}}})])[0]["shape"]
    '{"page": integer (optional)}'
    """
    return [
        {"name": tool.name, "shape": _shape(tool.schema), "description": " ".join(tool.description.split())}
        for tool in tools
    ]


def _shape(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    parts = [
        f'"{name}": {_type(kind)}' + ("" if name in required else " (optional)")
        for name, kind in schema.get("properties", {}).items()
    ]
    return "{" + ", ".join(parts) + "}"


def _type(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return "any"
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"[{_type(schema.get('items'))}, …]"
    if kind == "object" and schema.get("properties"):
        return _shape(schema)
    return str(kind)


def _json_object(text: str) -> str:
    """The JSON object that a text begins with, as it stands; else its first line."""
    start, at = text.lstrip(" \t*_`:"), text.find("{")
    if at >= 0 and not text[:at].strip(" \t\r\n*_`:"):
        try:
            _, end = json.JSONDecoder().raw_decode(text, at)
            return text[at:end]
        except (ValueError, RecursionError):
            pass
    return start.partition("\n")[0].strip(" \t*_`")


def _is_observation(message: Message) -> bool:
    return message.role == "tool" or message.content.startswith(_OBSERVATION)


def _brief(message: Message) -> Message:
    text = shortened(message.content, _BRIEF)
    parts = tuple(replace(p, text=text) if isinstance(p, ToolResult) else p for p in message.parts)
    return replace(message, content=text, parts=parts)
