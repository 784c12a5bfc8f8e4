"""Branches of an item's episode: tried side by side, and one of them is kept.

Branch 0 is the episode itself: its outcome is the item's. An action with a ``control`` forks a branch from
another, begins one anew, or makes one the episode itself; so branches are replayed, resumed and run on a
cluster as actions are. What is forked copies the environment's state, or else does again what was done.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from masdesign.types import Action, Observation, Tool
from masdesign.workflow.gate import EpisodeGate
from masdesign.workflow.limits import design_failure


@dataclass(eq=False)
class Branches:
    """The way to an item's episode and its branches (`masdesign.workflow.run.Gate`), one action at a time."""

    root: EpisodeGate
    others: dict[int, EpisodeGate] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def start(self) -> Observation:
        """How the episode began."""
        return self.root.start

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What the agent can call."""
        return self.root.tools

    async def act(self, action: Action) -> Observation:
        """Do an action in its branch, after all that came before it.

        Raises:
            ItemFailed: the environment cannot be forked or begun anew, or crashed.
        """
        async with self._lock:
            if action.control:
                return await self._control(action)
            await self._make_room(action.branch)
            return await self._branch(action.branch).act(action)

    async def outcome(self) -> Mapping[str, Any]:
        """What the episode has come to, as JSON."""
        async with self._lock:
            await self._make_room(0)
            return await self.root.outcome()

    async def aclose(self) -> None:
        """Close all branches."""
        for gate in (self.root, *self.others.values()):
            await gate.aclose()

    async def _control(self, action: Action) -> Observation:
        self._check_reversible(action)
        gate = self._branch(action.arguments["branch"] if action.control == "fork" else action.branch)
        if action.control == "fork":
            limited = bool(self.root.acting.environment.places)
            self.others[action.branch] = await gate.fork(live=not limited)
        elif action.control == "reset":
            await gate.reset()
        elif action.branch:
            await self.root.aclose()
            self.root = self.others.pop(action.branch)
        return Observation("", done=gate.done)

    def _branch(self, number: int) -> EpisodeGate:
        return self.others[number] if number else self.root

    def _check_reversible(self, action: Action) -> None:
        environment = self.root.acting.environment
        outside = [tool.name for tool in environment.tools if tool.effect == "world"]
        if outside and action.control != "keep":
            raise design_failure(
                f"an episode with the tool {outside[0]} cannot be tried again: it changes the world outside",
                "act once, with agent",
            )

    async def _make_room(self, branch: int) -> None:
        """An item has one place: where places are limited, only one of its branches is open at a time."""
        if self.root.acting.environment.places and self.others:
            for number, gate in ((0, self.root), *self.others.items()):
                if number != branch:
                    await gate.aclose()
