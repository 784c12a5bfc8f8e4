"""The methods there are: every class in `masdesign/distill/methods/`, one a file."""

from __future__ import annotations

import inspect
import pkgutil
from functools import cache
from importlib import import_module

from masdesign.distill.method import Method
from masdesign.errors import InputError

DEFAULT_METHOD = "transcribe"


@cache
def methods() -> dict[str, type[Method]]:
    """Every method by its name, sorted.

    >>> "transcribe" in methods()
    True
    """
    folder = import_module("masdesign.distill.methods")
    modules = [
        import_module(f"{folder.__name__}.{found.name}")
        for found in pkgutil.iter_modules(folder.__path__)
        if not found.name.startswith("_")
    ]
    kinds = [
        kind
        for module in modules
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, Method) and kind.__module__ == module.__name__
    ]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)}


def method_named(name: str) -> type[Method]:
    """The method of that name. Raises `InputError` listing what there is."""
    found = methods().get(name)
    if found is None:
        raise InputError(f"method {name!r} does not exist; choose one of {', '.join(methods())}")
    return found
