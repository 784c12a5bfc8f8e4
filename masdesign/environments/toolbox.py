"""Functions as an environment: each a tool, without a state of its own.

A sync function runs in a process that is killed when it takes too long; an async one runs on the event
loop, where it may keep what it needs (a client, a table in memory).
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from masdesign.environments.arguments import argument_error
from masdesign.environments.schema import arguments_model, tool_from, tool_options
from masdesign.environments.state import unknown_tool
from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.types import Item, Observation, Tool
from masdesign.versions import short_hash, version_of

TIMED_OUT = "The tool did not finish within"
"""How the observation of a call begins that took too long."""


class Function:
    """A function as a tool: what a model is shown, and how it is called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Read the signature.

        Raises:
            InputError: it is not a function with typed hints.
        """
        if not callable(function) or not hasattr(function, "__name__"):
            raise InputError(f"{function!r} is not a function; a tool is a function with typed hints")
        self.function = function
        self.tool: Tool = tool_from(function)
        self.seconds = tool_options(function).seconds
        self._model = arguments_model(function)

    @cached_property
    def pickled(self) -> bytes:
        """The function by value, so that a process needs not to import the file it is from."""
        import cloudpickle

        module = inspect.getmodule(self.function)
        if module is not None and not _is_installed(module):
            cloudpickle.register_pickle_by_value(module)
        try:
            return bytes(cloudpickle.dumps(self.function))
        except Exception as error:
            raise InputError(
                f"tool {self.tool.name} cannot be sent to another process ({error}); make it async"
            ) from error

    async def call(self, arguments: Mapping[str, Any], services: Services) -> Observation:
        """Call it; what it raises, and that it takes too long, is an observation."""
        if wrong := argument_error(self.tool, arguments):
            return Observation(wrong, error=True)
        try:
            values = self._values(arguments)
        except ValueError as error:
            return Observation(f"{self.tool.name}: {error}", error=True)
        try:
            if inspect.iscoroutinefunction(self.function):
                async with asyncio.timeout(self.seconds):
                    return await _awaited(self.function, values)
            text, failed = await services.in_process(_run, self.pickled, values, seconds=self.seconds)
            return Observation(text, error=failed)
        except TimeoutError:
            return Observation(f"{TIMED_OUT} {self.seconds:g} seconds.", error=True)

    def _values(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as the function's types: a dataclass where it asks for one."""
        model = self._model.model_validate(dict(arguments))
        return {name: getattr(model, f"argument_{name}") for name in arguments}


class Toolbox:
    """An environment of functions. Each item may call any of them; nothing is shared between calls.

    >>> def double(n: int) -> int:
    ...     "Twice the number."
    ...     return 2 * n
    >>> [tool.name for tool in Toolbox([double]).tools]
    ['double']
    """

    places = 0
    calls = 0

    def __init__(self, functions: Iterable[Callable[..., Any]], *, name: str = "tools") -> None:
        """Take the functions, in the order in which agents are shown them.

        Raises:
            InputError: there is none, two have the same name, or one has an argument without a type.
        """
        parts = [Function(function) for function in functions]
        self.name = name
        self.functions = {part.tool.name: part for part in parts}
        if not parts:
            raise InputError("a toolbox needs at least one function")
        if len(self.functions) < len(parts):
            names = [part.tool.name for part in parts]
            twice = next(n for n in names if names.count(n) > 1)
            raise InputError(f"two tools are called {twice}; rename one with tool(name=…)")

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What an agent can call."""
        return tuple(part.tool for part in self.functions.values())

    @property
    def deterministic(self) -> bool:
        """Whether every tool is declared ``pure``."""
        return all(tool.effect == "pure" for tool in self.tools)

    @cached_property
    def version(self) -> str:
        """Changes with the code of any function."""
        return short_hash(" ".join(version_of(part.function) for part in self.functions.values()))

    async def open(self, item: Item, seed: int, services: Services) -> ToolboxEpisode:
        """Begin an episode, which has no state."""
        return ToolboxEpisode(self.functions, services)


@dataclass
class ToolboxEpisode:
    """An episode of a toolbox."""

    functions: Mapping[str, Function]
    services: Services
    start: Observation = field(default=Observation(""), init=False)

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Observation:
        """Call the function of that name."""
        if tool not in self.functions:
            return unknown_tool(tool, {name: part.tool for name, part in self.functions.items()})
        return await self.functions[tool].call(arguments, self.services)

    async def fork(self) -> ToolboxEpisode | None:
        """The same again, where no tool keeps anything; else the prefix is to be replayed."""
        pure = all(part.tool.effect == "pure" for part in self.functions.values())
        return ToolboxEpisode(self.functions, self.services) if pure else None

    async def outcome(self) -> Mapping[str, Any]:
        """Nothing: a task with tools alone is scored by its answer."""
        return {}

    async def aclose(self) -> None:
        """Hold nothing."""


async def _awaited(function: Callable[..., Any], values: Mapping[str, Any]) -> Observation:
    try:
        return Observation(result_text(await function(**values)))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's tool may raise anything
        return Observation(error_text(error), error=True)


def _is_installed(module: ModuleType) -> bool:
    """Whether every process of this interpreter can import the module, however long ago it began.

    A user's file is in `sys.modules` here, and its folder may be on this process's path alone.
    """
    file = getattr(module, "__file__", None)
    if file is None:
        return module.__name__ in sys.builtin_module_names
    return any(Path(file).resolve().is_relative_to(place) for place in _installed_in())


@cache
def _installed_in() -> frozenset[Path]:
    """Folders of the standard library, of installed packages and of this package."""
    paths = sysconfig.get_paths()
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return frozenset({Path(__file__).resolve().parents[1], *(Path(paths[name]).resolve() for name in names)})


def _run(pickled: bytes, values: Mapping[str, Any]) -> tuple[str, bool]:
    """In the process: call the function; its text, and whether it raised."""
    try:
        return result_text(_unpickled(pickled)(**values)), False
    except BaseException as error:  # noqa: BLE001 - a user's tool may raise anything; the agent is told
        return error_text(error), True


@lru_cache(256)
def _unpickled(pickled: bytes) -> Callable[..., Any]:
    import cloudpickle

    function: Callable[..., Any] = cloudpickle.loads(pickled)
    return function


def result_text(value: Any) -> str:
    """A tool's result as an agent reads it: text as it is, else JSON, else as Python shows it.

    >>> result_text({"km": 3}), result_text("3 km"), result_text(None)
    ('{"km": 3}', '3 km', 'null')
    """
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, default=_as_json)
    except (TypeError, ValueError):  # keys that are no text, a list that holds itself
        return str(value)


def _as_json(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def error_text(error: BaseException) -> str:
    """An error that a tool raised, as the agent's observation."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
