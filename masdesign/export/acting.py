"""What a script has of its own where its workflow acts: the user's functions, and tools of MCP servers."""

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.environments.arguments import argument_error, read_arguments
from masdesign.environments.scratch import Files
from masdesign.environments.state import unknown_tool
from masdesign.environments.toolbox import TIMED_OUT, error_text, result_text
from masdesign.export.standalone import Question, ScriptRun
from masdesign.types import Observation, Tool

ACTIONS: dict[str, Any] = {}
"""What can be called, by name."""


@dataclass(frozen=True)
class ScriptTool:
    """A tool, and the function that it is or the server that has it."""

    tool: Tool
    function: Callable[..., Any] | None = None
    server: Any = None
    seconds: float = 30.0

    async def call(self, arguments: Mapping[str, Any]) -> Observation:
        """Call the function; what it raises, and that it takes too long, is an observation."""
        assert self.function is not None
        try:
            async with asyncio.timeout(self.seconds):
                if inspect.iscoroutinefunction(self.function):
                    return Observation(result_text(await self.function(**arguments)))
                return Observation(result_text(await asyncio.to_thread(self.function, **arguments)))
        except TimeoutError:
            return Observation(f"{TIMED_OUT} {self.seconds:g} seconds.", error=True)
        except Exception as error:  # noqa: BLE001  (a tool may raise anything; the agent is told)
            return Observation(error_text(error), error=True)


class ScriptScene:
    """What an agent sees of where it acts."""

    start = Observation("")

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What can be called."""
        return tuple(action.tool for action in ACTIONS.values())


class ActingRun(ScriptRun):
    """The run of one question in which tools are called."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.gate, self.notes, self.ended = ScriptScene(), Files(), False
        self.deeds: dict[int, list[Any]] = {0: []}
        self.servers: dict[str, Any] = {}

    def scene(self) -> ScriptScene:
        """What an agent sees of where it acts."""
        return self.gate

    def note(self, name: str, text: str) -> None:
        """A remark for a trace; a script has none."""

    async def act(self, tool: str, arguments: Mapping[str, Any] | str, branch: int = 0) -> Observation:
        """Call a tool; what is wrong with the call is an observation."""
        action = ACTIONS.get(tool)
        if action is None:
            return unknown_tool(tool, ACTIONS)
        values = read_arguments(action.tool, arguments) if isinstance(arguments, str) else arguments
        wrong = values if isinstance(values, str) else argument_error(action.tool, values)
        if wrong or isinstance(values, str):
            return Observation(wrong, error=True)
        observation = await self.carry_out(action, values)
        self.deeds[branch].append((ScriptAction(tool, dict(values)), observation))
        return observation

    async def carry_out(self, action: ScriptTool, values: Mapping[str, Any]) -> Observation:
        """Call the function, or the server, which is started once a question."""
        if action.server is None:
            return await action.call(values)
        name = action.server.name
        if name not in self.servers:
            self.servers[name] = await action.server.open(None, 0, None)
        observation: Observation = await self.servers[name].call(action.tool.name, values)
        return observation

    async def fork(self, branch: int = 0) -> int:
        """A branch of its own, which is nothing but its history: only tools that change nothing have one."""
        self.check_pure()
        number = max(self.deeds) + 1
        self.deeds[number] = list(self.deeds[branch])
        return number

    async def reset(self, branch: int = 0) -> None:
        """Begin anew."""
        self.check_pure()
        self.deeds[branch] = []

    async def keep(self, branch: int) -> None:
        """Go on from a branch."""
        self.deeds[0] = self.deeds[branch]

    def check_pure(self) -> None:
        """Refuse to try again what changes something."""
        if any(action.tool.effect != "pure" for action in ACTIONS.values()):
            raise self.failed("a tool changes something, so that nothing can be tried again")

    async def aclose(self) -> None:
        """End what was started."""
        for episode in self.servers.values():
            await episode.aclose()


@dataclass(frozen=True)
class ScriptAction:
    """A call that was made."""

    tool: str
    arguments: Mapping[str, Any]


def load_schema(text: str) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments."""
    schema: dict[str, Any] = json.loads(text)
    return schema
