"""Games of TextWorld (Côté et al. 2018, arXiv:1806.11532): ``textworld:GAME``, an agent types commands.

Needs the package ``textworld``, which is no requirement or extra of ours, since it needs one under the GPL.
An item's record may name the game (``game``), a file that ``tw-make`` has written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from masdesign.environments.arguments import argument_error
from masdesign.environments.state import unknown_tool
from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.types import Item, Observation, Tool
from masdesign.versions import short_hash

COMMAND = Tool(
    "command",
    "Type a command into the game.",
    {
        "type": "object",
        "properties": {"text": {"type": "string", "description": "Such as: open door, take key, go north."}},
        "required": ["text"],
        "additionalProperties": False,
    },
)
MOST_STEPS = 100


@dataclass(frozen=True)
class TextWorld:
    """The environment of a game file, or of the games that items name."""

    game: str = ""
    name: str = "textworld"
    places: int = 0
    calls: int = 0
    deterministic: bool = True
    tools: tuple[Tool, ...] = (COMMAND,)

    def with_argument(self, game: str) -> TextWorld:
        """The environment of one game: ``textworld:GAME``."""
        return TextWorld(game)

    @property
    def version(self) -> str:
        """Changes with the game's file."""
        if not self.game or not Path(self.game).is_file():
            return "1"
        return short_hash(Path(self.game).read_bytes().hex())

    async def open(self, item: Item, seed: int, services: Services) -> TextWorldEpisode:
        """Begin the game anew.

        Raises:
            InputError: ``textworld`` is not installed, or there is no such game.
        """
        game = str(item.record.get("game", self.game))
        try:
            import textworld
        except ImportError as error:
            raise InputError("games of TextWorld need the package textworld; install it") from error
        if not await asyncio.to_thread(Path(game).is_file):
            raise InputError(f"game {game!r} of TextWorld does not exist; name a file of tw-make's")
        infos = textworld.EnvInfos(max_score=True, won=True, lost=True, score=True)
        env = await asyncio.to_thread(textworld.start, game, infos)
        env.seed(seed % 2**31)
        return TextWorldEpisode(env, await asyncio.to_thread(env.reset))


class TextWorldEpisode:
    """A game in progress; it cannot be copied, so a fork replays its commands."""

    def __init__(self, env: Any, state: Any) -> None:
        self.start = Observation(_text(state))
        self._env, self._state, self._steps, self._open = env, state, 0, True

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Observation:
        """Type a command."""
        if tool != COMMAND.name:
            return unknown_tool(tool, {COMMAND.name: COMMAND})
        if wrong := argument_error(COMMAND, arguments):
            return Observation(wrong, error=True)
        self._state, _, done = await asyncio.to_thread(self._env.step, arguments["text"])
        self._steps += 1
        return Observation(_text(self._state), done=bool(done) or self._steps >= MOST_STEPS)

    async def fork(self) -> None:
        """A game cannot be copied."""

    async def outcome(self) -> Mapping[str, Any]:
        """``reward``: the share of the game's points that were won."""
        score, most = int(self._state["score"] or 0), int(self._state["max_score"] or 1)
        return {"reward": score / most, "won": bool(self._state["won"]), "steps": self._steps}

    async def aclose(self) -> None:
        """End the game."""
        if self._open:
            self._open = False
            self._env.close()


def _text(state: Any) -> str:
    return str(state.feedback or "").strip()


TEXTWORLD = TextWorld()
"""The environment of the games that items name."""
