"""The canonical form of a syntax tree: what ids of designs and versions of code are hashed from.

It is our own, since `ast.dump` differs between Python versions and an id must not.
"""

import ast
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, overload

from masdesign.errors import SourceError

_SKIPPED = frozenset({"ctx", "kind", "type_comment", "type_params", "type_ignores"})


_parsing = threading.RLock()
_TRIES = 5


@overload
def tree_of(source: str, mode: Literal["exec"] = "exec") -> ast.Module: ...
@overload
def tree_of(source: str, mode: Literal["eval"]) -> ast.Expression: ...
def tree_of(source: str, mode: Literal["exec", "eval"] = "exec") -> ast.Module | ast.Expression:
    """`ast.parse` for code that runs beside threads.

    Two threads at it share a recursion count in CPython 3.11 and 3.12, and one of them may end in a
    `SystemError` that the source has not earned (python/cpython#106905): so one at a time, and again.

    >>> type(tree_of("1 + 1", "eval")).__name__
    'Expression'
    """
    with _parsing:
        for _ in range(_TRIES):
            try:
                return ast.parse(source, mode=mode)  # type: ignore[return-value]
            except SystemError:  # of code that we do not know, beside us
                continue
        return ast.parse(source, mode=mode)  # type: ignore[return-value]


def variables(tree: ast.AST) -> frozenset[str]:
    """Names that a source binds itself: its variable or parameter ``agent`` is not the block of that name.

    >>> sorted(variables(ast.parse("agent = make()\\nfor n in agent(): show(lambda m: m + n)")))
    ['agent', 'm', 'n']
    """
    nodes = list(ast.walk(tree))
    stored = (node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return frozenset(stored) | {node.arg for node in nodes if isinstance(node, ast.arg)}


def named_calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """The calls of plain names (not of attributes), each with the name; an order as of `ast.walk`.

    >>> [name for name, _ in named_calls(ast.parse("show(list.pop(read()))"))]
    ['show', 'read']
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


def function_names(tree: ast.AST) -> set[str]:
    """The names of all functions that a source defines."""
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}


def canonical(tree: ast.AST) -> str:
    """The tree as text: no positions, comments or docstrings, the same under every Python version.

    Raises:
        SourceError: the tree nests too deeply.
    """
    with shallow():
        return _form(tree)


@contextmanager
def shallow() -> Iterator[None]:
    """Raises `SourceError` where work on a syntax tree nests deeper than our own interpreter goes."""
    try:
        yield
    except RecursionError:
        raise SourceError("the source nests too deeply", cure="name the parts") from None


def _form(value: object) -> str:
    if isinstance(value, ast.JoinedStr):
        return "(JoinedStr values=[" + " ".join(map(_form, _merge(value.values))) + "])"
    if isinstance(value, ast.Constant):
        return f"(Constant {_constant(value.value)})"
    if isinstance(value, ast.AST):
        return _node(value)
    if isinstance(value, list):
        return "[" + " ".join(map(_form, value)) + "]"
    return json.dumps(value)


def _node(node: ast.AST) -> str:
    parts = [type(node).__name__]
    for name in node._fields:
        value = getattr(node, name, None)
        if name == "body" and isinstance(value, list):
            value = without_docstring(value)
        if name not in _SKIPPED and value is not None and value != []:
            parts.append(f"{name}={_form(value)}")
    return "(" + " ".join(parts) + ")"


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a body but for a leading bare string."""
    first = body[0] if body else None
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        return body[1:] or [ast.Pass()]
    return body


def _constant(value: object) -> str:
    if isinstance(value, str):
        return "str " + json.dumps(value)
    return f"{type(value).__name__} {value!r}"


def _merge(values: list[ast.expr]) -> list[ast.expr]:
    """Neighbouring pieces of text of an f-string as one: Python versions cut them differently."""
    merged: list[ast.expr] = []
    for value in values:
        if isinstance(value, ast.Constant) and value.value == "":
            continue  # which only some versions put there
        last = merged[-1] if merged else None
        if (
            isinstance(value, ast.Constant)
            and isinstance(last, ast.Constant)
            and isinstance(value.value, str)
            and isinstance(last.value, str)
        ):
            merged[-1] = ast.Constant(last.value + value.value)
        else:
            merged.append(value)
    return merged
