"""The version of a piece of code: a hash of its definition and of all that it reaches in its own file."""

import ast
import hashlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

from masdesign.errors import SourceError
from masdesign.syntax import canonical, tree_of

SOURCE = "__masdesign_source__"
"""The global of a module that holds the text it was loaded from, where its file may change later."""


def version_of(value: Any) -> str:
    """Return 8 hex digits that change when the code of ``value`` changes in meaning.

    ``value`` is a function, a class, or an object, which counts by its class (and, of a dataclass, by its
    fields). The definition counts with the definitions at the top of its file that it names, and those
    that they name in turn. Comments, docstrings and formatting do not count, nor does what other files
    hold. Where there is no source (an interactive prompt), the compiled code counts.

    >>> def double(x): return 2 * x
    >>> len(version_of(double))
    8
    """
    definition = _definition(value)
    tree = reached(definition)
    form = canonical(tree) if tree.body else _without_module(definition)
    if "<locals>" in definition.__qualname__:  # what is reached is the function around it
        form += definition.__qualname__
    if inspect.unwrap(value) is value and is_dataclass(value) and not isinstance(value, type):
        form += "".join(f"{f.name}={_state(getattr(value, f.name))};" for f in fields(value))
    return short_hash(form)


def _state(value: Any) -> str:
    """A field of a dataclass: code by its version, and no memory address, which differs between processes."""
    if inspect.isfunction(value) or inspect.isclass(value) or inspect.ismethod(value):
        return version_of(value)
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def short_hash(text: str) -> str:
    """First 8 hex digits of the SHA-256 of ``text``."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def namespace_of(value: Any) -> Mapping[str, Any]:
    """The globals of the module in which a function or class, or the class of an object, was defined."""
    definition = _definition(value)
    members = vars(definition).values() if isinstance(definition, type) else [definition]
    for member in members:
        function = inspect.unwrap(getattr(member, "fget", None) or getattr(member, "__func__", member))
        names: Mapping[str, Any] = getattr(function, "__globals__", {})
        if names.get("__name__") == definition.__module__:
            return names
    return vars(sys.modules[definition.__module__]) if definition.__module__ in sys.modules else {}


def _definition(value: Any) -> Any:
    """The function or class that ``value`` is, wraps, or is an object of."""
    unwrapped = inspect.unwrap(value)
    return unwrapped if inspect.isfunction(unwrapped) or inspect.isclass(unwrapped) else type(unwrapped)


def reached(value: Any) -> ast.Module:
    """The definition of ``value`` with all that it reaches in its own file, in the order of the file.

    Empty where there is no source, or the definition does not stand at the top of its file.
    """
    definition = _definition(value)
    try:
        text = namespace_of(definition).get(SOURCE) or inspect.getsource(sys.modules[definition.__module__])
        return _reached(text, definition.__qualname__.partition(".")[0])
    except (OSError, TypeError, SyntaxError, KeyError):
        return ast.Module([], [])


@lru_cache(256)
def _reached(text: str, name: str) -> ast.Module:
    """What ``name`` reaches among the statements of ``text``.

    Raises:
        KeyError: no statement at the top of the file binds the name.
        SyntaxError: the text is not Python.
    """
    body = tree_of(text).body
    binding: dict[str, list[int]] = {}
    for number, statement in enumerate(body):
        for bound in _bound(statement):
            binding.setdefault(bound, []).append(number)
    seen, waiting = set[int](), list(binding[name])
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen.add(number)
            named = {n.id for n in ast.walk(body[number]) if isinstance(n, ast.Name)}
            waiting += [other for used in named & binding.keys() for other in binding[used]]
    return ast.Module([body[number] for number in sorted(seen)], [])


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a statement at the top of a file binds, also within an ``if`` or ``try``."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def _without_module(definition: Any) -> str:
    try:
        return canonical(tree_of(textwrap.dedent(inspect.getsource(definition))))
    except (OSError, TypeError, SyntaxError, SourceError):
        functions = vars(definition).values() if isinstance(definition, type) else [definition]
        codes = [f.__code__ for f in map(inspect.unwrap, functions) if inspect.isfunction(f)]
        return f"{definition.__qualname__} {[_code(code) for code in codes]}"


def _code(code: CodeType) -> tuple[Any, ...]:
    constants = [_code(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return code.co_code.hex(), code.co_names, constants
