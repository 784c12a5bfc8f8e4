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
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, Generic, ParamSpec, TypeGuard, TypeVar

from masdesign.errors import InputError
from masdesign.versions import version_of

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

GROUP = "masdesign"
"""Entry-point group: each entry names a module to import."""

SHIPPED = "masdesign"
"""Origin of what comes with the package."""


@dataclass(frozen=True, slots=True)
class Ref:
    """What a key, a record and a message say of a registered thing."""

    kind: str
    name: str
    version: str
    """Hash of its code, and of what that reaches in its own file (`masdesign.versions`)."""
    origin: str = SHIPPED
    """``masdesign``, ``entry-point NAME``, ``file PATH``, ``module NAME`` or ``object``."""


@dataclass(frozen=True, slots=True)
class _Entry:
    value: Any
    origin: str


class Overlay:
    """Additions to all registries that are seen only while it is active.

    Two sessions of a process, each with an overlay, may hold different versions of a plug-in.

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
        self.registered: dict[str, dict[str, _Entry]] = {}
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


_PROCESS = Overlay()
_current: ContextVar[Overlay] = ContextVar("overlay", default=_PROCESS)
_origin: ContextVar[tuple[str, str]] = ContextVar("origin", default=("object", ""))
"""Where what is registered comes from, and the plug-in module that runs; empty outside plug-ins."""
_MOST_LISTED = 25
"""Names that an error lists."""
_lock = RLock()
_registries: dict[str, Registry[Any]] = {}
_registered_by: dict[str, list[tuple[str, str, Any]]] = {}
"""What the code of a module registered when it ran, by the module's name: kind, name, value."""


def overlay() -> AbstractContextManager[Overlay]:
    """A new `Overlay`, active within the ``with``."""
    return Overlay().active()


def in_overlay(
    verb: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """The async verb with an overlay of its own: what it registers is gone when it ends."""

    @wraps(verb)
    async def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with overlay():
            return await verb(*args, **kwargs)

    return inner


@contextmanager
def coming_from(origin: str, module: str) -> Iterator[None]:
    """Within the ``with``, what is registered is of this origin (`Ref.origin`), and the module's doing."""
    token = _origin.set((origin, module))
    try:
        yield
    finally:
        _origin.reset(token)


class Registry(Generic[T]):
    """All things of one kind, by name.

    Parameters:
        kind: what messages call one of them (``block``).
        contract: the type of the things; of classes, the base class of all of them.
        home: the package whose modules define those that are shipped, subfolders included; a module
            whose name starts with an underscore is not looked into.
        classes: the things are concrete subclasses of ``contract``, and not objects of it.
        collect: gives the things that a module defines, where their type alone does not tell.
        argument: makes the thing that ``name:argument`` means; without it, no name takes one.
        version: hashes what a thing rests on.

    >>> numbers = Registry("number", int)
    >>> numbers.register(7, "seven")
    7
    >>> numbers.get("seven"), numbers.get(8)
    (7, 8)
    >>> numbers.get("sevem")
    Traceback (most recent call last):
    masdesign.errors.InputError: number 'sevem' does not exist; did you mean seven? There is seven
    """

    def __init__(
        self,
        kind: str,
        contract: type[Any],
        *,
        home: str = "",
        classes: bool = False,
        collect: Callable[[ModuleType], Iterable[T]] | None = None,
        argument: Callable[[T, str], T] | None = None,
        version: Callable[[T], str] = version_of,
    ) -> None:
        self.kind, self.contract, self.home, self.classes = kind, contract, home, classes
        self._collect, self._argument, self._version = collect or self._defined_in, argument, version
        self._shipped: dict[str, _Entry] = {}
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
        origin, running = _origin.get()
        known = self._find(name)
        if known is not None and known.value is not value and not _defined_again(known.value, value):
            raise InputError(self._taken(name, known.origin, origin))
        _current.get().registered.setdefault(self.kind, {})[name] = _Entry(value, origin)
        home = getattr(inspect.unwrap(value), "__module__", "")  # type: ignore[arg-type]
        for module in {running, home} - {""}:
            _registered_by.setdefault(module, []).append((self.kind, name, value))
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
        known = self._find(name.partition(":")[0])
        if known is None or (known.value is not what and ":" not in name):
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
        _load_entry_points()
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

    def _find(self, name: str) -> _Entry | None:
        """The entry of that name; of the package's own modules only that of this name is imported."""
        if (module := self._home_modules().get(name)) is not None:
            self._look_into(module)
        return self._shipped.get(name) or self._added().get(name) or self._entries().get(name)

    def _entries(self) -> dict[str, _Entry]:
        for module in self._home_modules().values():
            self._look_into(module)
        _load_entry_points()
        return dict(sorted((self._shipped | self._added()).items()))

    def _added(self) -> dict[str, _Entry]:
        """What plug-ins and `register` added; what a nearer overlay adds goes before that of the process.

        Of the package's own modules only those of the same names are imported.
        """
        found: dict[str, _Entry] = {}
        for layer in _current.get().lineage():
            own: dict[str, _Entry] = {}
            for module, origin in layer.modules:
                for value in self._collect(module):
                    self._add(own, self.name_of(value), _Entry(value, origin))
            for name, entry in layer.registered.get(self.kind, {}).items():
                self._add(own, name, entry)
            found = own | found
        return found

    def _add(self, entries: dict[str, _Entry], name: str, entry: _Entry) -> None:
        if entry.origin != SHIPPED and (module := self._home_modules().get(name)) is not None:
            self._look_into(module)
        known = entries.get(name) or self._shipped.get(name)
        if known is not None and known.value is not entry.value:
            raise InputError(self._taken(name, known.origin, entry.origin))
        entries.setdefault(name, entry)

    def _look_into(self, module: str) -> None:
        """Take in what a module of the package defines, once."""
        if module in self._looked_into:
            return
        with _lock:
            for value in self._collect(import_module(module)):
                self._add(self._shipped, self.name_of(value), _Entry(value, SHIPPED))
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
            return isinstance(value, self.contract)
        return inspect.isclass(value) and issubclass(value, self.contract) and not inspect.isabstract(value)

    # messages -----------------------------------------------------------------------------------------

    def _wanted(self) -> str:
        return f"a {'subclass of' if self.classes else ''} {self.contract.__name__}".replace("  ", " ")

    def _unknown(self, name: str) -> str:
        names = self.names()
        close = difflib.get_close_matches(name, names, 3)
        there = ", ".join(names) if len(names) <= _MOST_LISTED else f"{len(names)} others"
        meant = f"did you mean {' or '.join(close)}?" if close else "choose another."
        return f"{self.kind} {name!r} does not exist; {meant} There is {there or 'none'}"

    def _taken(self, name: str, first: str, second: str) -> str:
        return f"{self.kind} {name!r} is there twice, from {first} and from {second}; rename one of them"


def forget_module(name: str) -> None:
    """Forget what a module of that name registered, before a changed file is run under it."""
    _registered_by.pop(name, None)


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


@cache
def _load_entry_points() -> None:
    """Import the modules that installed distributions name, once a process.

    Raises:
        InputError: one of them cannot be imported.
    """
    from importlib import metadata  # which takes longer to import than all of this

    token = _current.set(_PROCESS)
    try:
        for entry in metadata.entry_points(group=GROUP):
            origin = f"entry-point {entry.dist.name if entry.dist else entry.name}"
            try:
                with coming_from(origin, entry.module):
                    add_module(import_module(entry.module), origin)
            except Exception as error:
                raise InputError(
                    f"the installed plug-in {entry.module} ({origin.split()[1]}) cannot be imported "
                    f"({type(error).__name__}: {error}); repair it, or uninstall it"
                ) from error
    finally:
        _current.reset(token)


def registries() -> Mapping[str, Registry[Any]]:
    """The registries of the packages imported so far, by kind."""
    return dict(sorted(_registries.items()))


def added_refs() -> tuple[Ref, ...]:
    """All that is registered here and did not come with the package, by kind and name."""
    return tuple(ref for registry in registries().values() for ref in registry.added())


def added_versions() -> dict[str, str]:
    """The same as a run's settings keep it: versions by kind and name; empty where nothing was added."""
    return {f"{ref.kind} {ref.name}": ref.version for ref in added_refs()}


def add_module(module: ModuleType, origin: str) -> None:
    """Make a module a plug-in of the overlay that is active: registries see what it defines."""
    layer = _current.get()
    if any(known is module for known, _ in layer.modules):
        return
    layer.modules.append((module, origin))
    for kind, name, value in _registered_by.get(module.__name__, ()):  # it ran before, in another overlay
        layer.registered.setdefault(kind, {}).setdefault(name, _Entry(value, origin))
