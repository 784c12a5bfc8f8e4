"""What is known of a value before the run: its constant, its greatest length, the function that it is."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Value:
    """Upper knowledge of a value; with nothing set, nothing is known."""

    constant: object = None
    length: int | None = None
    """The greatest length of a list."""
    function: ast.FunctionDef | ast.AsyncFunctionDef | None = None
    closure: dict[str, Value] | None = field(default=None, compare=False, repr=False)
    known: bool = False
    """Whether ``constant`` is the value."""


Env = dict[str, Value]
UNKNOWN = Value()


def join(values: Iterable[Value]) -> Value:
    """What holds of a value that is any one of these."""
    found = list(values)
    if not found:
        return UNKNOWN
    if all(v == found[0] for v in found):
        return found[0]
    lengths = [v.length for v in found]
    return Value(length=None if None in lengths else max(n for n in lengths if n is not None))


def joined(ends: Iterable[Env]) -> Env:
    """What holds of each name after any one of several ways."""
    found = list(ends)
    names = {name for env in found for name in env}
    return {name: join([env[name] for env in found if name in env]) for name in names}
