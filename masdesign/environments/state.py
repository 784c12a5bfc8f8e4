"""Environments whose state is a plain object in memory: its marked methods are the tools.

Such an object holds nothing that `copy.deepcopy` cannot copy, so an episode forks by copying it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from masdesign.environments.arguments import argument_error
from masdesign.environments.schema import is_marked, tool_from
from masdesign.types import Item, Observation, Tool


class WrongCall(Exception):
    """An action that cannot be done as asked. Its text is the observation, marked as an error."""


class State(Protocol):
    """What an episode holds: tools are its methods marked by `masdesign.environments.tool`."""

    def outcome(self) -> Mapping[str, Any]:
        """What the episode has come to, as JSON."""
        ...


@dataclass
class StateEpisode:
    """An episode over a state in memory (`masdesign.protocols.Episode`)."""

    state: State
    tools: Mapping[str, Tool]
    start: Observation

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Observation:
        """Call the state's method of the tool's name."""
        if tool not in self.tools:
            return unknown_tool(tool, self.tools)
        if wrong := argument_error(self.tools[tool], arguments):
            return Observation(wrong, error=True)
        try:
            answer = getattr(self.state, tool)(**arguments)
        except WrongCall as error:
            return Observation(str(error), error=True)
        return answer if isinstance(answer, Observation) else Observation(answer)

    async def fork(self) -> StateEpisode:
        """Copy the state."""
        return StateEpisode(copy.deepcopy(self.state), self.tools, self.start)

    async def outcome(self) -> Mapping[str, Any]:
        """What the state has come to."""
        return self.state.outcome()

    async def aclose(self) -> None:
        """Hold nothing."""


@dataclass(frozen=True)
class StateEnvironment:
    """An environment over states in memory (`masdesign.protocols.Environment`).

    Example: `masdesign.environments.house`, in which ``begin`` makes the rooms of an item.
    """

    name: str
    version: str
    state: type[State]
    begin: Callable[[Item, int], tuple[State, str]]
    """Makes an item's state, from the item and a seed, and the first observation."""
    places: int = 0
    calls: int = 0
    deterministic: bool = True
    tools: tuple[Tool, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tools", tools_of(self.state))

    async def open(self, item: Item, seed: int, services: Any) -> StateEpisode:
        """Begin an episode of the item."""
        state, start = self.begin(item, seed)
        return StateEpisode(state, {t.name: t for t in self.tools}, Observation(start))


def tools_of(state: type[Any]) -> tuple[Tool, ...]:
    """The tools that a class of states has, in the order in which it defines them."""
    methods = [value for value in vars(state).values() if is_marked(value)]
    return tuple(tool_from(method) for method in methods)


def unknown_tool(name: str, tools: Mapping[str, Tool]) -> Observation:
    """Tell an agent that there is no such tool, and which there are."""
    return Observation(f"There is no tool {name!r}; there are {', '.join(tools)}.", error=True)
