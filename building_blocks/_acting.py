"""What acting blocks share: a conversation in which tools are called and observations come back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from masdesign.building_blocks._asking import read_stated
from masdesign.building_blocks._fit import Count, counter, fitted
from masdesign.building_blocks._notes import OF_NOTES, use_notes
from masdesign.building_blocks._step import kept_reply
from masdesign.building_blocks._window import room, tokens
from masdesign.environments.call_text import is_plain, list_tools, read_calls, write_call
from masdesign.environments.state import unknown_tool
from masdesign.types import Message, Observation, Tool, ToolCall, ToolResult
from masdesign.workflow import running

RESPOND = "respond"
"""The tool by which an agent speaks to a person: where there is one, plain words are for them."""
REPEATS = 3
"""So many times the same call with the same observation, one after another, is a loop."""
OBSERVATION = "Observation: "
TALK_SHARE = 0.7
"""Share of the window that a conversation may take; the rest is for the reply."""
_TOOLS_SHARE = 1 / 8
"""Share of the window that all that is said of tools may take; beyond it only their first sentences are."""
SCENE_SHARE = 0.25
"""Share of the window that may be taken by how the episode began."""
_BRIEF = 40
"""Tokens that are left of an old observation where the conversation is too long."""
_ROLE = 4
"""Tokens, at most about, that a message takes beside its text."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the model said: words, and the calls that it asks for, in words or natively."""

    text: str
    calls: tuple[ToolCall, ...]
    native: tuple[ToolCall, ...] = ()


@dataclass
class Talk:
    """A conversation of one agent. Tools are offered natively where the model takes them, else in words."""

    messages: list[Message]
    tools: tuple[Tool, ...]
    model: str = ""
    temperature: float = 0.0
    native: bool = False
    start: str = ""
    """What it was told of where the episode stood when it began."""
    branch: int = 0
    """The branch of the episode that it acts in."""
    transcript: list[str] = field(default_factory=list)
    history: list[tuple[str, str]] = field(default_factory=list)
    """Actions as text, each with its observation."""

    async def turn(self, ask: str = "") -> Turn:
        """Have the model's next turn; one call. With ``ask``, it is told so first, and offered no tool."""
        if ask:
            self.messages.append(Message("user", ask))
        turn = await self.draw(tools=not ask)
        self.take(turn)
        return replace(turn, calls=()) if ask else turn

    async def draw(self, *, tools: bool = True) -> Turn:
        """Have a turn that the model could take next, and leave the conversation as it is; one call."""
        run = running()
        offered = self.tools if self.native and tools else ()
        stop = () if self.native else ("\nObservation:",)
        completion = await run.complete(
            self._fitting(), model=self.model, temperature=self.temperature, stop=stop, tools=offered
        )
        text = kept_reply(completion, run.lm(self.model).window)
        text = text if self.native else text.partition("\nObservation:")[0].strip()  # not its to say
        native = completion.tool_calls if self.native else ()
        calls = native if self.native else read_calls(text, self.tools)
        if not calls and text.strip() and RESPOND in {tool.name for tool in self.tools}:
            calls = (ToolCall(RESPOND, json.dumps({"text": text.strip()})),)  # words are for the customer
        return Turn(text, calls, native)

    def take(self, turn: Turn) -> None:
        """Go on from a turn."""
        self.messages.append(Message("assistant", turn.text, turn.native))
        self.transcript.append(turn.text)

    async def fork(self) -> Talk:
        """The same conversation in a branch of its own, from here on."""
        branch = await running().fork(self.branch)
        messages, transcript, history = list(self.messages), list(self.transcript), list(self.history)
        return replace(self, branch=branch, messages=messages, transcript=transcript, history=history)

    def told(self, most: int, *, but_last: int = 0) -> str:
        """Return what was done and seen, in about ``most`` tokens, without the last ``but_last`` turns."""
        history = self.history[: len(self.history) - but_last]
        return history_text(self.start, history, most, count=counter(self.model))

    async def do(self, calls: Sequence[ToolCall]) -> Observation:
        """Make the calls in order, and tell the model what came of each; the last observation."""
        observation, offered = Observation(""), {tool.name: tool for tool in self.tools}
        for call in calls:
            if call.name not in offered:
                observation = unknown_tool(call.name, offered)
                running().note(call.name, observation.text)
            elif call.name in OF_NOTES:
                observation = use_notes(call)
            else:
                observation = await running().act(call.name, call.arguments, self.branch)
            self._tell(call, observation)
            if observation.done:
                break
        return observation

    @property
    def goes_round(self) -> bool:
        """Whether the last calls are all the same, and so is what came of them."""
        return len(self.history) >= REPEATS and len(set(self.history[-REPEATS:])) == 1

    def _tell(self, call: ToolCall, observation: Observation) -> None:
        seen = observed(observation)
        text = seen.removeprefix(OBSERVATION)
        self.history.append((f"Action: {call_text(call, self.tools)}", seen))
        self.transcript.append(seen)
        if self.native and call.id:
            self.messages.append(Message("tool", text, (ToolResult(call.id, text),)))
        elif self.native:  # plain words to a person, who replied
            self.messages.append(Message("user", text))
        else:
            self.messages.append(Message("user", seen))

    @property
    def too_long(self) -> bool:
        """Whether the conversation as it stands takes more of the window than it may."""
        return messages_size(self.messages, self.model) > self._most

    @property
    def _most(self) -> int:
        """Tokens that the conversation may take; native tools go along with it."""
        schemas = json.dumps([tool.schema for tool in self.tools], default=str) if self.native else ""
        return room(self.model, TALK_SHARE) - counter(self.model)(schemas)

    def _fitting(self) -> list[Message]:
        """The messages as they fit the model's window.

        Observations are shortened, the oldest first; then the oldest turns are left out.
        """
        most, fitting = self._most, list(self.messages)
        count = counter(self.model)
        sizes = [messages_size([message], self.model) for message in fitting]
        places = [n for n, m in enumerate(fitting) if _is_observation(m) and sizes[n] > _BRIEF]
        brief = 0
        for place in places[:-1]:
            if sum(sizes) <= most:
                break
            fitting[place] = _brief(fitting[place], _BRIEF, count)
            sizes[place] = messages_size([fitting[place]], self.model)
            brief += 1
        if brief:
            running().note("context", f"{brief} observations are shortened to fit the window")
        return self._recent(fitting, sizes, most) if sum(sizes) > most else fitting

    def _recent(self, messages: list[Message], sizes: list[int], most: int) -> list[Message]:
        """The first message and the last turns, with a word on those that are left out."""
        starts = [n for n, message in enumerate(messages) if message.role == "assistant"]
        head = starts[0] if starts else len(messages)
        fit = [n for n in starts if sum(sizes[:head]) + sum(sizes[n:]) <= most] or starts[-1:]
        left_out = starts.index(fit[0]) if fit else 0
        if left_out:
            running().note("context", f"{left_out} earlier steps are left out to fit the window")
            text = f"{messages[head - 1].content}\n\n{note_of_gap(left_out)}"
            told = Message(messages[head - 1].role, text, messages[head - 1].parts)
            messages = [*messages[: head - 1], told, *messages[fit[0] :]]
        if messages_size(messages, self.model) > most and _is_observation(messages[-1]):
            rest = most - messages_size(messages[:-1], self.model) - _ROLE
            running().note("context", "the last observation is shortened to fit the window")
            last = _brief(messages[-1], max(_BRIEF, rest), counter(self.model))
            messages = [*messages[:-1], last]
        return messages


def messages_size(messages: Sequence[Message], model: str) -> int:
    """Tokens of messages, with what their roles take."""
    count = counter(model)
    return sum(count(message.content) + _ROLE for message in messages)


def call_text(call: ToolCall, tools: Sequence[Tool]) -> str:
    """A call as a line of a history shows it."""
    tool = next((tool for tool in tools if tool.name == call.name), None)
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        arguments = None
    plain = tool is not None and isinstance(arguments, dict)
    return write_call(tool, arguments) if plain and tool else f"{call.name} {call.arguments}".strip()


def turn_text(turn: Turn, tools: Sequence[Tool]) -> str:
    """A turn as a line of a history: its actions, else its answer; empty where it has neither."""
    if turn.calls:
        return "\n".join(f"Action: {call_text(call, tools)}" for call in turn.calls)
    answer = read_stated(turn.text, None).text
    return f"Answer: {answer}" if answer else ""


def tool_lines(tools: Sequence[Tool], model: str, part: float = 1) -> list[str]:
    """Tools as a prompt lists them, in full where ``part`` of their share of the window has room for that."""
    full = list_tools(tools)
    fits = sum(map(counter(model), full)) <= room(model, _TOOLS_SHARE * part)
    return full if fits else list_tools(tools, brief=True)


def listed_tool(action: str, model: str) -> list[str]:
    """The tool that a line ``Action: …`` names, as a prompt lists it."""
    gate = running().gate
    tools = gate.tools if gate else ()
    names = {call.name for call in read_calls(action, tools)}
    return tool_lines([tool for tool in tools if tool.name in names], model)


def takes_objects(tools: Sequence[Tool]) -> bool:
    """Whether one of the tools takes a JSON object where it is called in words."""
    return not all(map(is_plain, tools))


def scene_text(model: str) -> str:
    """How the item's episode began, and what was done last: what a new agent sees of it."""
    run = running()
    start, tools = run.scene().start.text, run.scene().tools
    start = f"{OBSERVATION}{start}" if start else ""
    last = [
        (f"Action: {call_text(ToolCall(a.tool, json.dumps(dict(a.arguments))), tools)}", observed(o))
        for a, o in run.deeds[0][-1:]
    ]
    before = len(run.deeds[0]) - len(last)
    return history_text(start, last, room(model, SCENE_SHARE), before=before, count=counter(model))


def observed(observation: Observation) -> str:
    """Return an observation as a prompt shows it."""
    return f"{OBSERVATION}{'Error: ' if observation.error else ''}{observation.text}"


def history_text(
    start: str,
    history: Sequence[tuple[str, str]],
    most: int,
    *,
    before: int = 0,
    count: Count = tokens,
) -> str:
    """What was done and seen, in at most about so many tokens: the beginning and the last steps.

    ``before`` counts steps that came before this history; ``count`` counts tokens.

    >>> print(history_text("Observation: A room.", [("Action: look[]", "Observation: A lamp.")], 100))
    Observation: A room.
    Action: look[]
    Observation: A lamp.
    """
    first = [fitted(start, most // 3, count)] if start else []
    steps = [f"{action}\n{seen}" for action, seen in history]
    most -= sum(map(count, first))
    for place in range(len(steps) - 1):
        if sum(map(count, steps)) <= most:
            break
        action, seen = history[place]
        steps[place] = f"{fitted(action, _BRIEF, count)}\n{fitted(seen, _BRIEF, count)}"
    kept = len(steps)
    while kept > 1 and sum(map(count, steps[-kept:])) > most:
        kept -= 1
    recent = [fitted(step, most, count) for step in steps[len(steps) - kept :]]
    gap = before + len(steps) - kept
    note = [note_of_gap(gap)] if gap else []
    return "\n".join([*first, *note, *recent])


def note_of_gap(count: int) -> str:
    """What a prompt says of steps that it does not show.

    >>> note_of_gap(1)
    '(1 earlier step is left out.)'
    """
    return f"({count} earlier step{' is' if count == 1 else 's are'} left out.)"


def _is_observation(message: Message) -> bool:
    return message.role == "tool" or message.content.startswith(OBSERVATION)


def _brief(message: Message, most: int, count: Count) -> Message:
    text = fitted(message.content, most, count)
    parts = tuple(replace(p, text=text) if isinstance(p, ToolResult) else p for p in message.parts)
    return Message(message.role, text, parts)
