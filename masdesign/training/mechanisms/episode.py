"""An agent's conversation, played by a teacher: the prompts are those of the block `agent`."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from masdesign.building_blocks._prompt import render
from masdesign.environments.call_text import is_plain, list_tools, write_call
from masdesign.environments.state import State, WrongCall, tools_of
from masdesign.training.case import Exercise
from masdesign.training.mechanisms.draw import Draw
from masdesign.types import Message, Observation, Question, Tool

OBSERVATION = "Observation: "
MOST = 1400
"""Characters by four: so long a conversation may become, about (tokens)."""


@dataclass(frozen=True, slots=True)
class Move:
    """One turn of a teacher."""

    thought: str
    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


Policy = Generator[Move, str, str]
"""Yields steps, is sent what was observed, and returns the answer."""


@dataclass
class Playthrough:
    """What was done and seen, in words."""

    tools: tuple[Tool, ...]
    start: str = ""
    steps: list[tuple[str, str, str]] = field(default_factory=list)
    """Thought, call as text, observation."""
    answer: str = ""
    """The last reply; empty where the episode ended by itself."""
    done: bool = False

    def history(self, last: int | None = None) -> list[tuple[str, str]]:
        """Actions and observations as other prompts show them."""
        return [(f"Action: {call}", f"{OBSERVATION}{seen}") for _, call, seen in self.steps[:last]]


def play(state: State, tools: Mapping[str, Tool], policy: Policy, start: str, most: int = 40) -> Playthrough:
    """Play a policy on a state; ``tools`` gives the tool that is shown for each method of the state."""
    episode = Playthrough(tuple(tools.values()), start)
    try:
        step = next(policy)
        while len(episode.steps) < most:
            seen = _seen(state, getattr(state, step.tool), step.arguments)
            call = write_call(tools[step.tool], step.arguments)
            episode.steps.append((step.thought, call, seen.text))
            if seen.done:
                episode.done = True
                break
            step = policy.send(seen.text)
    except StopIteration as end:
        episode.answer = end.value
    return episode


def shown_tools(state: type[State], names: Mapping[str, tuple[str, str]] | None = None) -> dict[str, Tool]:
    """The tools of a state by method, some of them under another name and description."""
    other = names or {}
    return {
        tool.name: replace(tool, name=other[tool.name][0], description=other[tool.name][1])
        if tool.name in other
        else tool
        for tool in tools_of(state)
    }


def _seen(state: State, method: Any, arguments: Mapping[str, Any]) -> Observation:
    try:
        text, wrong = method(**arguments), ""
    except WrongCall as error:
        text, wrong = str(error), "Error: "
    return state.after(Observation(f"{wrong}{text}"))


def conversation(
    skill: str,
    draw: Draw,
    task: Question,
    episode: Playthrough,
    *,
    memory: str = "",
    instruction: str | None = None,
    final: str = "",
) -> Exercise:
    """The whole conversation as one example: every reply in it is learnt; ``final`` replaces the answer."""
    messages = list(
        render(
            "agent",
            role=draw.role,
            task=task,
            tools=list_tools(episode.tools),
            objects=not all(map(is_plain, episode.tools)),
            start=f"{OBSERVATION}{episode.start}" if episode.start else "",
            memory=memory,
            instruction=draw.wording("agent") if instruction is None else instruction,
        )
    )
    for thought, call, seen in episode.steps:
        if sum(len(message.content) for message in messages) > MOST * 3:
            break
        messages.append(Message("assistant", f"Thought: {thought}\nAction: {call}"))
        messages.append(Message("user", f"{OBSERVATION}{seen}"))
    else:
        if last := final or episode.answer:
            return Exercise(skill, tuple(messages), last)
    *before, reply, _ = messages
    return Exercise(skill, tuple(before), reply.content)
