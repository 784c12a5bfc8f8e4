"""Several environments as one: the union of their tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from masdesign.environments.state import unknown_tool
from masdesign.errors import InputError
from masdesign.protocols import Environment, Episode, Services
from masdesign.types import Item, Observation, Tool


class Combined:
    """The tools of several environments, side by side; none sees another's state.

    An episode's outcome holds each part's, by the name of the part.
    """

    def __init__(self, parts: Sequence[Environment]) -> None:
        """Take the parts, in the order in which their tools are shown.

        Raises:
            InputError: two of them have a tool, or a name, in common.
        """
        self.parts = tuple(parts)
        self.homes: dict[str, int] = {}
        for number, part in enumerate(self.parts):
            for tool in part.tools:
                if tool.name in self.homes:
                    other = self.parts[self.homes[tool.name]].name
                    raise InputError(f"{other} and {part.name} both have a tool {tool.name}; leave out one")
                self.homes[tool.name] = number
        names = [part.name for part in self.parts]
        if len(set(names)) < len(names):
            raise InputError(f"two environments are called {max(names, key=names.count)}; rename one")

    @property
    def name(self) -> str:
        """The names of the parts."""
        return "+".join(part.name for part in self.parts)

    @property
    def version(self) -> str:
        """The versions of the parts."""
        return "+".join(part.version for part in self.parts)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools of all parts."""
        return tuple(tool for part in self.parts for tool in part.tools)

    @property
    def places(self) -> int:
        """Those of the part that has the fewest."""
        return min((part.places for part in self.parts if part.places), default=0)

    @property
    def calls(self) -> int:
        """What all parts ask for together."""
        return sum(part.calls for part in self.parts)

    @property
    def ranks_by_meaning(self) -> bool:
        """Whether a part asks an embedding model, where there is one."""
        return any(getattr(part, "ranks_by_meaning", False) for part in self.parts)

    @property
    def deterministic(self) -> bool:
        """Whether all parts are."""
        return all(part.deterministic for part in self.parts)

    async def open(self, item: Item, seed: int, services: Services) -> CombinedEpisode:
        """Open an episode of each part; where one refuses, those that were opened are closed."""
        async with AsyncExitStack() as stack:
            episodes: list[Episode] = []
            for part in self.parts:
                episodes.append(await part.open(item, seed, services))
                stack.push_async_callback(episodes[-1].aclose)
            stack.pop_all()
        start = "\n".join(e.start.text for e in episodes if e.start.text)
        return CombinedEpisode(self, tuple(episodes), Observation(start))


@dataclass
class CombinedEpisode:
    """An episode of each part."""

    environment: Combined
    episodes: tuple[Episode, ...]
    start: Observation

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Observation:
        """Hand the call to the part that has the tool."""
        home = self.environment.homes.get(tool)
        if home is None:
            return unknown_tool(tool, {t.name: t for t in self.environment.tools})
        return await self.episodes[home].call(tool, arguments)

    async def fork(self) -> CombinedEpisode | None:
        """Fork all parts, or none."""
        async with AsyncExitStack() as stack:
            forks: list[Episode] = []
            for episode in self.episodes:
                fork = await episode.fork()
                if fork is None:
                    return None
                forks.append(fork)
                stack.push_async_callback(fork.aclose)
            stack.pop_all()
        return CombinedEpisode(self.environment, tuple(forks), self.start)

    async def outcome(self) -> Mapping[str, Any]:
        """What each part has come to, by its name; nothing of parts that come to nothing."""
        outcomes = {
            part.name: dict(await episode.outcome())
            for part, episode in zip(self.environment.parts, self.episodes, strict=True)
        }
        return {name: outcome for name, outcome in outcomes.items() if outcome}

    async def aclose(self) -> None:
        """Close all parts, the last first, whatever one of them raises."""
        async with AsyncExitStack() as stack:
            for episode in self.episodes:
                stack.push_async_callback(episode.aclose)
