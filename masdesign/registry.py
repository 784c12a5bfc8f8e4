"""`Registry`: all things of one kind, by name: shipped, installed, of a user's own file, or registered.

The package that owns a kind makes its registry (``BLOCKS = Registry("block", Block, home=__name__)``).
What it holds comes from four places: the modules of the package's own folder; modules that installed
distributions name in the entry-point group ``masdesign``; plug-ins (`masdesign.plugins`); and
`Registry.register`, which is a decorator too. What is added within an `Overlay` is seen there alone.
"""

from __future__ import annotations

import difflib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, Generic, TypeGuard, TypeVar

from masdesign.errors import InputError
from masdesign.overlays import Overlay as Overlay
from masdesign.overlays import RegistryEntry, current, keep, load_entry_points, origin
from masdesign.overlays import overlay as overlay
from masdesign.versions import version_of

T = TypeVar("T")

SHIPPED = "masdesign"
"""Origin of what comes with the package."""

_MOST_LISTED = 25
"""Names that an error lists."""
_lock = RLock()
_registries: dict[str, Registry[Any]] = {}


@dataclass(frozen=True, slots=True)
class Ref:
    """What a key, a record and a message say of a registered thing."""

    kind: str
    name: str
    version: str
    """Hash of its code, and of what that reaches in its own file (`masdesign.versions`)."""
    origin: str = SHIPPED
    """``masdesign``, ``entry-point NAME``, ``file PATH``, ``module NAME`` or ``object``."""


class Registry(Generic[T]):
    """All things of one kind, by name.

    Parameters:
        kind: what messages call one of them (``block``).
        contract: the type of the things; of classes, the base class of all of them.
        home: the package whose modules define those that are shipped, subfolders included; a module
            whose name starts with an underscore is not looked into.
        classes: the things are concrete subclasses of ``contract``, and not objects of it.
        several: a module may define several things, whose names are then not those of files.
        collect: gives the things that a module defines, where their type alone does not tell.
        argument: makes the thing that ``name:argument`` means; without it, no name takes one.
        version: hashes what a thing rests on.

    >>> numbers = Registry("number", int)
    >>> with overlay():
    ...     seven = numbers.register(7, "seven")
    ...     numbers.get("seven"), numbers.get(8)
    (7, 8)
    >>> numbers.get("seven")
    Traceback (most recent call last):
    masdesign.errors.InputError: number 'seven' does not exist; choose another. There is none
    """

    def __init__(
        self,
        kind: str,
        contract: type[Any],
        *,
        home: str = "",
        classes: bool = False,
        several: bool = False,
        collect: Callable[[ModuleType], Iterable[T]] | None = None,
        argument: Callable[[T, str], T] | None = None,
        version: Callable[[T], str] = version_of,
    ) -> None:
        self.kind, self.contract, self.home = kind, contract, home
        self.classes, self.several = classes, several
        self._collect, self._argument, self._version = collect or self._defined_in, argument, version
        self._shipped: dict[str, RegistryEntry] = {}
        self._modules: dict[str, str] | None = None
        self._looked_into: set[str] = set()
        _registries[kind] = self

    def register(self, value: T, name: str = "") -> T:
        """Add a thing under ``name``, by default its own; usable as a decorator.

        Raises:
            InputError: the name is another thing's, or the value is none of this kind.
        """
        if not self._fits(value):
            raise InputError(f"{_shown(value)} is no {self.kind}; give {self._wanted()}")
        name = name or self.name_of(value)
        self._look_for(name)
        entry = self._shipped.get(name) or self._of_layer(current()).get(name)
        if entry is not None and entry.value is value:
            return value  # it keeps its origin
        if entry is not None and not _defined_again(entry.value, value):
            raise InputError(self._taken(name, entry.origin, origin()))
        keep(self.kind, name, value)
        return value

    def get(self, what: str | T) -> T:
        """The thing called ``what`` (``name`` or ``name:argument``), or ``what`` itself where it is one.

        Raises:
            InputError: there is none; the line names the nearest.
        """
        if not isinstance(what, str):
            if self._fits(what):
                return what
            raise InputError(f"{_shown(what)} is no {self.kind}; give its name, or {self._wanted()}")
        name, colon, argument = what.partition(":")
        entry = self._find(name)
        if entry is None:
            raise InputError(self._unknown(name))
        value: T = entry.value
        if not colon:
            return value
        if self._argument is None:
            raise InputError(f"{self.kind} {name!r} takes no argument; leave out :{argument}")
        return self._argument(value, argument)

    def enter(self, what: str | T) -> str:
        """The name of ``what``; a thing that is not known here is registered under its own.

        Raises:
            InputError: there is no such name, or the value is none of this kind.
        """
        if isinstance(what, str):
            self.get(what)
            return what
        name = self.name_of(self.get(what))
        entry = self._find(name.partition(":")[0])
        if entry is None or (entry.value is not what and ":" not in name):
            self.register(what, name)
        return name

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(self._entries())

    def all(self) -> dict[str, T]:
        """All things by name, sorted."""
        return {name: entry.value for name, entry in self._entries().items()}

    def ref(self, value: T) -> Ref:
        """What records say of a thing; its origin is ``object`` where it is not registered."""
        entries = self._entries().items()
        name, origin = next(
            ((name, entry.origin) for name, entry in entries if entry.value is value), ("", "object")
        )
        return Ref(self.kind, name or self.name_of(value), self._version(value), origin)

    def origin(self, name: str) -> str:
        """Where the thing of that name comes from (`Ref.origin`)."""
        return self._entries()[name].origin

    def added(self) -> tuple[Ref, ...]:
        """All that did not come with the package, sorted by name."""
        load_entry_points()
        return tuple(
            Ref(self.kind, name, self._version(entry.value), entry.origin)
            for name, entry in sorted(self._added().items())
            if name not in self._shipped
        )

    def name_of(self, value: T) -> str:
        """The name that a thing gives itself: its ``name``, else that of its definition."""
        own = getattr(value, "name", None)
        return own if isinstance(own, str) and own else getattr(value, "__name__", type(value).__name__)

    # looking ------------------------------------------------------------------------------------------

    def _find(self, name: str) -> RegistryEntry | None:
        """The entry of that name; of the package's own modules only that of this name is imported."""
        self._look_for(name)
        return self._shipped.get(name) or self._added().get(name) or self._entries().get(name)

    def _entries(self) -> dict[str, RegistryEntry]:
        for module in self._home_modules().values():
            self._look_into(module)
        load_entry_points()
        return dict(sorted((self._shipped | self._added()).items()))

    def _added(self) -> dict[str, RegistryEntry]:
        """What plug-ins and `register` added; what a nearer overlay adds goes before that of the process.

        Of the package's own modules only those of the same names are imported.
        """
        entries: dict[str, RegistryEntry] = {}
        for layer in current().lineage():
            entries = self._of_layer(layer) | entries
        return entries

    def _of_layer(self, layer: Overlay) -> dict[str, RegistryEntry]:
        entries: dict[str, RegistryEntry] = {}
        for module, source in layer.modules:
            for value in self._collect(module):
                self._add(entries, self.name_of(value), RegistryEntry(value, source))
        for name, entry in layer.registered.get(self.kind, {}).items():
            self._add(entries, name, entry)
        return entries

    def _add(self, entries: dict[str, RegistryEntry], name: str, entry: RegistryEntry) -> None:
        if entry.origin != SHIPPED:
            self._look_for(name)
        earlier = entries.get(name) or self._shipped.get(name)
        if earlier is not None and earlier.value is not entry.value:
            raise InputError(self._taken(name, earlier.origin, entry.origin))
        entries.setdefault(name, entry)

    def _look_for(self, name: str) -> None:
        """Look into the package's modules that may define a thing of that name."""
        if name in self._shipped:
            return
        for file, module in self._home_modules().items():
            if self.several or file == name:
                self._look_into(module)

    def _look_into(self, module: str) -> None:
        """Take in what a module of the package defines, once."""
        if module in self._looked_into:
            return
        with _lock:
            for value in self._collect(import_module(module)):
                self._add(self._shipped, self.name_of(value), RegistryEntry(value, SHIPPED))
            self._looked_into.add(module)

    def _home_modules(self) -> dict[str, str]:
        """Modules of the home package by their last name; none of them is imported for it."""
        if self._modules is None:
            paths = import_module(self.home).__path__ if self.home else ()
            self._modules = dict(_modules_below(paths, self.home))
        return self._modules

    def _defined_in(self, module: ModuleType) -> Iterator[T]:
        """The module's values of this kind; functions and classes that it only imports are another's."""
        for value in list(vars(module).values()):
            if self._fits(value):
                definition: Any = inspect.unwrap(value)  # type: ignore[arg-type]
                is_code = inspect.isfunction(definition) or inspect.isclass(definition)
                if not is_code or definition.__module__ == module.__name__:
                    yield value

    def _fits(self, value: object) -> TypeGuard[T]:
        if not self.classes:
            return isinstance(value, self.contract) and not inspect.isclass(value)
        return inspect.isclass(value) and issubclass(value, self.contract) and not inspect.isabstract(value)

    # messages -----------------------------------------------------------------------------------------

    def _wanted(self) -> str:
        return f"a {'subclass of' if self.classes else ''} {self.contract.__name__}".replace("  ", " ")

    def _unknown(self, name: str) -> str:
        if unfinished := self._unfinished(name):
            return f"{self.kind} {name!r} has no {', '.join(unfinished)}; write what is missing"
        names = self.names()
        close = difflib.get_close_matches(name, names, 3)
        there = ", ".join(names) if len(names) <= _MOST_LISTED else f"{len(names)} others"
        meant = f"did you mean {' or '.join(close)}?" if close else "choose another."
        return f"{self.kind} {name!r} does not exist; {meant} There is {there or 'none'}"

    def _unfinished(self, name: str) -> list[str]:
        """What the class of that name in a plug-in lacks, which is none of this kind for that reason."""
        values = (
            v for layer in current().lineage() for module, _ in layer.modules for v in vars(module).values()
        )
        for value in values if self.classes else ():
            if inspect.isabstract(value) and issubclass(value, self.contract) and self.name_of(value) == name:
                return sorted(value.__abstractmethods__)
        return []

    def _taken(self, name: str, first: str, second: str) -> str:
        return f"{self.kind} {name!r} is there twice, from {first} and from {second}; rename one of them"


def _modules_below(paths: Iterable[str], package: str) -> Iterator[tuple[str, str]]:
    for info in pkgutil.iter_modules(list(paths)):
        if info.name.startswith("_"):
            continue
        if info.ispkg:
            yield from _modules_below(
                [str(Path(path) / info.name) for path in paths], f"{package}.{info.name}"
            )
        else:
            yield info.name, f"{package}.{info.name}"


def _defined_again(first: object, second: object) -> bool:
    """Whether a definition at a prompt or in a notebook was run a second time."""
    return (
        all(
            getattr(first, name, None) == getattr(second, name, None)
            for name in ("__module__", "__qualname__")
        )
        and getattr(second, "__module__", "") == "__main__"
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def registries() -> Mapping[str, Registry[Any]]:
    """The registries of the packages imported so far, by kind."""
    return dict(sorted(_registries.items()))


def added_refs() -> tuple[Ref, ...]:
    """All that is registered here and did not come with the package, by kind and name."""
    return tuple(ref for registry in registries().values() for ref in registry.added())


def added_versions() -> dict[str, str]:
    """The same as a run's settings keep it: versions by kind and name; empty where nothing was added."""
    return {f"{ref.kind} {ref.name}": ref.version for ref in added_refs()}
