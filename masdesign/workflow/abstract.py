"""What is known of a value before the run: its constant, its greatest length, the function that it is."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace


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
    shared: bool = field(default=False, compare=False)
    """Whether another name may stand for the same list, so that it may grow unseen."""


Env = dict[str, Value]
UNKNOWN = Value()


def join(values: Iterable[Value]) -> Value:
    """What holds of a value that is any one of these."""
    found = list(values)
    if not found:
        return UNKNOWN
    if all(v == found[0] for v in found):
        return next((v for v in found if v.shared), found[0])
    lengths = [v.length for v in found]
    most = None if None in lengths else max(n for n in lengths if n is not None)
    return Value(length=most, shared=any(v.shared for v in found))


def share(env: Env, name: str | None = None) -> None:
    """Marks one value, or all, as known by another name too."""
    for key in [name] if name is not None else list(env):
        env[key] = replace(env[key], shared=True)


def forget(env: Env) -> None:
    """Drops what is known of lengths: some list of these has grown, and which is not known."""
    for key, value in env.items():
        if value.length is not None and not value.known:
            env[key] = UNKNOWN


def joined(ends: Iterable[Env]) -> Env:
    """What holds of each name after any one of several ways."""
    found = list(ends)
    names = {name for env in found for name in env}
    return {name: join([env[name] for env in found if name in env]) for name in names}
