"""What a package holds: names that are imported on first use, and modules that are found by their files."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


def lazily(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A package's ``__getattr__`` and ``__dir__`` (PEP 562), so that importing it costs next to nothing.

    Parameters:
        package: its name (``__name__``).
        homes: from each public name to the module below the package that defines it.

    Example::

        __getattr__, __dir__ = lazily(__name__, {"search": "loop"})
    """

    def attribute(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return attribute, lambda: sorted(homes)


def modules_in(package: str) -> Iterator[ModuleType]:
    """Every module of a package but those whose names start with an underscore, in order of name."""
    for found in pkgutil.iter_modules(import_module(package).__path__):
        if not found.name.startswith("_"):
            yield import_module(f"{package}.{found.name}")


def classes_in(package: str, kind: type[T]) -> list[type[T]]:
    """Every subclass of ``kind`` that a module of the package defines: adding one is adding a file.

    >>> from masdesign.tasks import Task
    >>> classes_in("masdesign.tasks.families", Task)
    []
    """
    return [
        value
        for module in modules_in(package)
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, kind) and value.__module__ == module.__name__
    ]
