"""The registries of environments and of functions that are tools."""

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from masdesign.environments.schema import Marked
from masdesign.errors import InputError
from masdesign.protocols import Environment
from masdesign.registry import Registry


def _environments_of(module: ModuleType) -> Iterator[Environment]:
    """The module's environments, told by what they have, not by its values: those may read data."""
    for value in vars(module).values():
        has = (inspect.getattr_static(value, name, None) for name in ("open", "tools", "places"))
        if not inspect.isclass(value) and all(attribute is not None for attribute in has):
            yield value


def _with_argument(environment: Environment, argument: str) -> Environment:
    make: Callable[[str], Environment] | None = getattr(environment, "with_argument", None)
    if make is None or not argument:
        raise InputError(f"environment {environment.name} takes no argument; leave out :{argument}")
    return make(argument)


ENVIRONMENTS: Registry[Environment] = Registry(
    "environment",
    Environment,
    home="masdesign.environments",
    collect=_environments_of,
    argument=_with_argument,
    version=lambda environment: environment.version,
)


def _tools_of(module: ModuleType) -> Iterator[Callable[..., Any]]:
    """Functions marked by `masdesign.environments.tool` that the module defines."""
    for value in vars(module).values():
        if inspect.isfunction(value) and isinstance(value, Marked) and value.__module__ == module.__name__:
            yield value


TOOLS: Registry[Callable[..., Any]] = Registry("tool", Marked, collect=_tools_of)
