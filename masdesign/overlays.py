"""Overlays: what plug-ins and sessions add to the registries, each seen only where it is active.

The process has an overlay of its own, for what installed distributions and notebooks register.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from masdesign.errors import InputError

GROUP = "masdesign"
"""Entry-point group: each entry names a module to import."""


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """A thing, and where it comes from."""

    value: Any
    origin: str


class Overlay:
    """Additions to all registries that are seen only while it is active.

    Two sessions of a process, each with an overlay, may hold different versions of a plug-in.

    >>> from masdesign.registry import Registry
    >>> numbers = Registry("number", int)
    >>> with Overlay().active():
    ...     _ = numbers.register(7, "seven")
    ...     print(numbers.names())
    ('seven',)
    >>> numbers.names()
    ()
    """

    def __init__(self) -> None:
        self.parent: Overlay | None = None
        self.modules: list[tuple[ModuleType, str]] = []
        """Plug-ins: the modules, and where each comes from."""
        self.registered: dict[str, dict[str, RegistryEntry]] = {}
        """By kind and name."""

    @contextmanager
    def active(self) -> Iterator[Overlay]:
        """Within the ``with``, and in tasks begun there, additions go to this overlay."""
        above = _current.get()
        if self is not above:
            self.parent = self.parent or above
        token = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(token)

    def lineage(self) -> Iterator[Overlay]:
        """This overlay and those below it, the process's own last."""
        layer: Overlay | None = self
        while layer is not None:
            yield layer
            layer = layer.parent


PROCESS = Overlay()
_current: ContextVar[Overlay] = ContextVar("overlay", default=PROCESS)
_origin: ContextVar[tuple[str, str]] = ContextVar("origin", default=("object", ""))
"""Where what is registered comes from, and the plug-in module that runs; empty outside plug-ins."""
_registered_by: dict[str, list[tuple[str, str, Any]]] = {}
"""What the code of a module registered when it ran, by the module's name: kind, name, value."""


def current() -> Overlay:
    """The overlay that is active."""
    return _current.get()


def origin() -> str:
    """Where what is registered now comes from."""
    return _origin.get()[0]


def keep(kind: str, name: str, value: Any) -> None:
    """Register a thing in the overlay that is active, and note which module did."""
    current().registered.setdefault(kind, {})[name] = RegistryEntry(value, origin())
    home = getattr(inspect.unwrap(value), "__module__", "")
    for module in {_origin.get()[1], home} - {""}:
        _registered_by.setdefault(module, []).append((kind, name, value))


def overlay() -> AbstractContextManager[Overlay]:
    """A new `Overlay`, active within the ``with``."""
    return Overlay().active()


@contextmanager
def coming_from(source: str, module: str) -> Iterator[None]:
    """Within the ``with``, what is registered is of this origin (`Ref.origin`), and the module's doing."""
    token = _origin.set((source, module))
    try:
        yield
    finally:
        _origin.reset(token)


def add_module(module: ModuleType, source: str) -> None:
    """Make a module a plug-in of the overlay that is active: registries see what it defines."""
    layer = current()
    if any(present is module for present, _ in layer.modules):
        return
    layer.modules.append((module, source))
    for kind, name, value in _registered_by.get(module.__name__, ()):  # it ran before, in another overlay
        layer.registered.setdefault(kind, {}).setdefault(name, RegistryEntry(value, source))


def forget_module(name: str) -> None:
    """Forget what a module of that name registered, before a changed file is run under it."""
    _registered_by.pop(name, None)


@cache
def load_entry_points() -> None:
    """Import the modules that installed distributions name, once a process.

    Raises:
        InputError: one of them cannot be imported.
    """
    from importlib import metadata  # which takes longer to import than all of this

    token = _current.set(PROCESS)
    try:
        for entry in metadata.entry_points(group=GROUP):
            source = f"entry-point {entry.dist.name if entry.dist else entry.name}"
            try:
                with coming_from(source, entry.module):
                    add_module(import_module(entry.module), source)
            except Exception as error:
                raise InputError(
                    f"the installed plug-in {entry.module} ({source.split()[1]}) cannot be imported "
                    f"({type(error).__name__}: {error}); repair it, or uninstall it"
                ) from error
    finally:
        _current.reset(token)
