"""Environments whose state is a plain object in memory: its marked methods are the tools.

Such an object holds nothing that `copy.deepcopy` cannot copy, so an episode forks by copying it.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from masdesign.environments.arguments import argument_error
from masdesign.environments.schema import is_marked, tool_from
from masdesign.protocols import Services
from masdesign.types import Item, Observation, Tool


class WrongCall(Exception):
    """An action that cannot be done as asked. Its text is the observation, marked as an error."""


class State:
    """What an episode holds: tools are its methods marked by `masdesign.environments.tool`.

    A method gives the text of the observation (or an `Observation`), or raises `WrongCall`; it may be async.
    """

    services: Services
    """Set when the episode is opened; shared by its forks."""

    def after(self, seen: Observation) -> Observation:
        """Look at what every call came to: the place to count steps and to end the episode."""
        return seen

    def outcome(self) -> Mapping[str, Any] | Awaitable[Mapping[str, Any]]:
        """What the episode has come to, as JSON."""
        return {}


class CountedState(State):
    """A state whose episode ends when all is done, or after a number of calls."""

    steps = 0
    """Calls so far."""
    most_steps: int
    """Calls after which the episode ends."""

    def finished(self) -> bool:
        """Whether all is done."""
        return False

    def after(self, seen: Observation) -> Observation:
        """Count the call, and end the episode where it is time."""
        self.steps += 1
        if self.finished():
            return replace(seen, text=f"{seen.text}\nAll is done.", done=True)
        if self.steps >= self.most_steps:
            return replace(seen, text=f"{seen.text}\nThe time is over.", done=True)
        return seen


@dataclass
class StateEpisode:
    """An episode over a state in memory (`masdesign.protocols.Episode`)."""

    state: State
    tools: Mapping[str, Tool]
    start: Observation
    ended: bool = False

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Observation:
        """Call the state's method of the tool's name."""
        if self.ended:
            return Observation("The episode has ended.", done=True, error=True)
        seen = self.state.after(await self._seen(tool, arguments))
        self.ended = seen.done
        return seen

    async def _seen(self, tool: str, arguments: Mapping[str, Any]) -> Observation:
        if tool not in self.tools:
            return unknown_tool(tool, self.tools)
        if wrong := argument_error(self.tools[tool], arguments):
            return Observation(wrong, error=True)
        try:
            answer = getattr(self.state, tool)(**arguments)
            answer = await answer if inspect.isawaitable(answer) else answer
        except WrongCall as error:
            return Observation(str(error), error=True)
        return answer if isinstance(answer, Observation) else Observation(str(answer))

    async def fork(self) -> StateEpisode:
        """Copy the state."""
        services = getattr(self.state, "services", None)
        state = copy.deepcopy(self.state, {id(services): services})
        return StateEpisode(state, self.tools, self.start, self.ended)

    async def outcome(self) -> Mapping[str, Any]:
        """What the state has come to."""
        outcome = self.state.outcome()
        return await outcome if inspect.isawaitable(outcome) else outcome

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
    """Makes an item's state, from the item and a seed, and the text of the first observation."""
    places: int = 0
    calls: int = 0
    deterministic: bool = True
    tools: tuple[Tool, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tools", tools_of(self.state))

    async def open(self, item: Item, seed: int, services: Services) -> StateEpisode:
        """Begin an episode of the item."""
        state, start = self.begin(item, seed)
        state.services = services
        return StateEpisode(state, {t.name: t for t in self.tools}, Observation(start))


def tools_of(state: type[Any]) -> tuple[Tool, ...]:
    """The tools that a class of states has, in the order in which it defines them."""
    methods = {name: value for base in reversed(state.__mro__) for name, value in vars(base).items()}
    return tuple(tool_from(method, "episode") for method in methods.values() if is_marked(method))


def unknown_tool(name: str, tools: Mapping[str, Tool]) -> Observation:
    """Tell an agent that there is no such tool, and which there are."""
    return Observation(f"There is no tool {name!r}; there are {', '.join(tools)}.", error=True)
