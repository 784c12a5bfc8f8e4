"""`masdesign.toml`: models by name and role, the task, the search and the plug-ins of a project."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from masdesign.errors import InputError

FILE = "masdesign.toml"

_CONDUCT = ("archive", "concurrency", "executor", "seed", "keep_going")
_TOP = ("models", "task", "search", "plugins", *_CONDUCT)
_TASK = (
    *("name", "description", "instruction", "labels", "answer", "metric", "scorer", "columns"),
    *("train", "val", "test", "tools", "items", "test_items", "difficulty", "keep_all", "mcp", "corpus"),
)
_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "description", "instruction", "answer", "metric", "scorer"), (str,)),
    **dict.fromkeys(("train", "val", "test", "archive"), (str,)),
    **dict.fromkeys(("labels", "tools", "mcp", "corpus"), (str, list)),
    **dict.fromkeys(("items", "test_items", "difficulty", "seed", "concurrency"), (int,)),
    **dict.fromkeys(("strategy", "budget", "objective", "meta_model"), (str,)),
    **dict.fromkeys(("with", "without", "start"), (str, list)),
    "batch": (int,),
    "columns": (str, dict),
    **dict.fromkeys(("keep_all", "transfer"), (bool,)),
}
"""What entries may be; the command line checks the others."""
_WORDS = {str: "a text", int: "a whole number", dict: "a table", bool: "true or false"}
_SEARCH = ("strategy", "budget", "objective", "batch", "transfer", "with", "without", "start", "meta_model")
_FILES = ("name", "train", "val", "test", "corpus")
"""Entries of ``[task]`` that may be files; those that lie beside the configuration are taken from there."""


@dataclass(frozen=True)
class Config:
    """What a configuration file says; empty where there is none. Flags and arguments go before it.

    >>> Config.of({"models": {"default": {"model": "abacus"}}, "task": {"name": "arithmetic"}}).models
    {'': {'model': 'abacus'}}
    """

    path: Path | None = None
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """``[models.NAME]``: by the names that designs may ask for, and by role; ``default`` is ``""``."""
    task: Mapping[str, Any] = field(default_factory=dict)
    """``[task]``: its ``name`` (or file), and what `load_task` takes besides."""
    search: Mapping[str, Any] = field(default_factory=dict)
    """``[search]``: as the options of the command."""
    plugins: tuple[str, ...] = ()
    conduct: Mapping[str, Any] = field(default_factory=dict)
    """``archive``, ``concurrency``, ``executor``, ``seed`` and ``keep_going``, where they are given."""

    @classmethod
    def find(cls, start: Path | None = None) -> Config:
        """The nearest configuration file in ``start`` (by default the working folder) or above it."""
        folder = (start or Path.cwd()).resolve()
        for place in (folder, *folder.parents):
            if (place / FILE).is_file():
                return cls.read(place / FILE)
        return cls()

    @classmethod
    def read(cls, path: Path) -> Config:
        """Read a file. Raises InputError: it is no TOML, or has an entry that does not exist."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:  # TOML's own errors are ValueErrors
            raise InputError(f"{path} cannot be read ({error}); correct it") from error
        return cls.of(data, path)

    @classmethod
    def of(cls, data: Mapping[str, Any], path: Path | None = None) -> Config:
        """A configuration from plain values; files are named from the folder of ``path``."""
        where = "the configuration" if path is None else str(path)
        _check(where, data, _TOP)
        models = _table(where, data, "models")
        task, search = _table(where, data, "task"), _table(where, data, "search")
        _check(f"[task] of {where}", task, _TASK)
        _check(f"[search] of {where}", search, _SEARCH)
        _check_kinds(f"[task] of {where}", task)
        _check_kinds(f"[search] of {where}", search)
        _check_kinds(where, {name: value for name, value in data.items() if name in (*_CONDUCT, "plugins")})
        for name, model in models.items():
            if not isinstance(model, Mapping):
                raise InputError(f"models.{name} of {where} is no table; write [models.{name}]")
        folder = None if path is None else path.parent
        if (start := search.get("start")) is not None:
            designs = [start] if isinstance(start, str) else start
            search["start"] = [_beside(folder, design) for design in designs]
        plugins = data.get("plugins", [])
        if not isinstance(plugins, list) or not all(isinstance(name, str) for name in plugins):
            raise InputError(f'plugins of {where} is no list of names; write plugins = ["shout.py"]')
        conduct = {name: data[name] for name in _CONDUCT if name in data}
        if "archive" in conduct and "://" not in conduct["archive"] and folder is not None:
            conduct["archive"] = _shown(folder / conduct["archive"])
        return cls(
            path,
            {"" if name == "default" else name: dict(model) for name, model in models.items()},
            {name: _beside(folder, value) if name in _FILES else value for name, value in task.items()},
            search,
            tuple(_beside(folder, name) for name in plugins),
            conduct,
        )

    @property
    def task_arguments(self) -> dict[str, Any]:
        """What `load_task` takes beside the name."""
        return {name: value for name, value in self.task.items() if name != "name"}


def _table(where: str, data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, Mapping):
        raise InputError(f"{name} of {where} is no table; write [{name}]")
    return dict(value)


def _check(where: str, data: Mapping[str, Any], allowed: Iterable[str]) -> None:
    for name in data:
        if name not in allowed:
            close = difflib.get_close_matches(name, allowed, 1)
            meant = f"did you mean {close[0]}? " if close else ""
            raise InputError(f"{where} has an unknown entry {name!r}; {meant}There is {', '.join(allowed)}")


def _check_kinds(where: str, data: Mapping[str, Any]) -> None:
    for name, value in data.items():
        kinds, parts = _KINDS.get(name, (type(value),)), value if isinstance(value, list) else []
        if type(value) not in kinds or not all(isinstance(part, str) for part in parts):
            wanted = " or ".join(_WORDS.get(kind, "a list of texts") for kind in kinds)
            raise InputError(f"{name} of {where} is {repr(value)[:60]}; write {wanted}")
        if any(isinstance(text, str) and "\0" in text for text in (value, *parts)):
            raise InputError(f"{name} of {where} holds a NUL character; remove it")


def _beside(folder: Path | None, value: Any) -> Any:
    """A file beside the configuration, named from the working folder; all else as it is."""
    if folder is None or not isinstance(value, str) or not os.path.exists(folder / value):
        return value
    return _shown(folder / value)


def _shown(path: Path) -> str:
    """A path as short as it can be named from the working folder."""
    try:
        return os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
