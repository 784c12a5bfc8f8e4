"""Parsing what a user names as tools: functions, MCP servers, documents, environments."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from masdesign.environments._registry import ENVIRONMENTS, TOOLS
from masdesign.environments.combined import Combined
from masdesign.environments.corpus import Corpus
from masdesign.environments.mcp import McpServer
from masdesign.environments.schema import is_marked
from masdesign.environments.toolbox import Toolbox
from masdesign.errors import InputError
from masdesign.plugins import importable, load_module
from masdesign.protocols import Environment

BUILT_IN = frozenset({"python", "calculator", "retrieval"})
"""Tools that a design's blocks use by themselves."""

ToolLike = str | Callable[..., Any] | Environment


@dataclass(frozen=True, slots=True)
class ToolSet:
    """What designs may use."""

    built_in: frozenset[str] = frozenset()
    """Of `BUILT_IN`."""
    environment: Environment | None = None
    """All else, together."""


def parse_tools(
    tools: str | Iterable[ToolLike] = (), *, mcp: Iterable[str] = (), corpus: Iterable[str | Path] = ()
) -> ToolSet:
    """Read what designs may use.

    Args:
        tools: names of built-in tools, of registered tools and environments (``scratch``);
            ``FILE.py:function``, ``module:function``, ``FILE.py`` (all its marked functions); functions and
            environments at hand. A text may hold several, separated by commas.
        mcp: ``NAME=COMMAND`` or ``NAME=URL`` (`McpServer.parse`).
        corpus: files or folders of documents.

    Raises:
        InputError: something is none of these, or two tools have the same name.

    >>> parse_tools("python, calculator").built_in == {"python", "calculator"}
    True
    """
    built_in: set[str] = set()
    functions: list[Callable[..., Any]] = []
    parts: list[Environment] = []
    for entry in _split(tools):
        if isinstance(entry, str) and entry in BUILT_IN:
            built_in.add(entry)
            continue
        for value in _named(entry) if isinstance(entry, str) else [entry]:
            if inspect.isfunction(value):
                functions.append(value)
            elif isinstance(value, Environment):
                parts.append(value)
            else:
                what = f"{value!r:.60}"
                raise InputError(f"{what} is no tool; give a function with typed hints, or an environment")
    parts += [McpServer.parse(text) for text in mcp]
    if places := [Path(place) for place in corpus]:
        parts.append(Corpus.read(places))
    if functions:
        parts.insert(0, Toolbox(functions))
    return ToolSet(frozenset(built_in), together(parts))


def together(parts: Iterable[Environment | None]) -> Environment | None:
    """Several environments as one; ``None`` where there is none.

    Raises:
        InputError: two of them have a tool of the same name.
    """
    there = [part for part in parts if part is not None]
    if len(there) > 1:
        return Combined(there)
    return there[0] if there else None


def _split(tools: str | Iterable[ToolLike]) -> list[ToolLike]:
    given = [tools] if isinstance(tools, str) else list(tools)
    entries: list[ToolLike] = []
    for entry in given:
        if isinstance(entry, str):
            entries += [part.strip() for part in entry.split(",") if part.strip()]
        else:
            entries.append(entry)
    return entries


def _named(text: str) -> list[Any]:
    """The functions or the environment that a text names."""
    if text in TOOLS.names():
        return [TOOLS.get(text)]
    if text.partition(":")[0] in ENVIRONMENTS.names():
        return [ENVIRONMENTS.get(text)]
    place, colon, name = text.rpartition(":")
    with importable(Path.cwd()):
        if not colon and text.endswith(".py"):
            return _marked_in(text)
        if place and name.isidentifier():
            value = getattr(load_module(place), name, None)
            if value is None:
                raise InputError(f"tool {text}: {place} has no function {name}; check the name")
            return [value]
    names = sorted({*BUILT_IN, *TOOLS.names(), *ENVIRONMENTS.names()})
    close = get_close_matches(text, names, 1)
    meant = f"did you mean {close[0]}? " if close else ""
    raise InputError(
        f"unknown tool {text!r}; {meant}the tools are {', '.join(sorted(BUILT_IN))}, FILE.py:function, "
        "and what masdesign tools lists"
    )


def _marked_in(file: str) -> list[Any]:
    values = vars(load_module(file)).values()
    marked = [value for value in values if inspect.isfunction(value) and is_marked(value)]
    if not marked:
        raise InputError(f"{file} marks no function as a tool; name one, or an environment, as {file}:NAME")
    return marked
