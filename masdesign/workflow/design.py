"""A design: the source of a workflow, where it came from, and an id that formatting does not change.

The id is taken from a canonical form of the syntax tree that is our own. (`ast.dump` differs between
Python versions; an id must not.)
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

from masdesign.errors import SourceError

MAX_SOURCE_CHARACTERS = 100_000
_SKIPPED = frozenset({"ctx", "kind", "type_comment", "type_params", "type_ignores"})


@dataclass(frozen=True)
class Design:
    """A workflow as source in the design language, untrusted.

    >>> a = Design("async def workflow(task):\\n    return await direct(task)")
    >>> b = Design('async def workflow( task ):\\n    "Ask once."\\n    return await direct(task)  # at once')
    >>> a.id == b.id
    True
    """

    source: str
    name: str = ""
    thought: str = ""
    """Why whoever wrote it thinks that it is good."""
    parents: tuple[str, ...] = ()
    """Ids of the designs that it was made from."""
    origin: str = ""
    """What made it: a strategy, a file, an import."""

    @cached_property
    def id(self) -> str:
        """First 12 hex digits of the SHA-256 of the canonical form; of the text where it does not parse."""
        try:
            form = canonical(parse(self.source))
        except SourceError:
            form = "unparsed:" + self.source
        return hashlib.sha256(form.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def to_dspy(self, **options: Any) -> Any:
        """The design as a `dspy.Module` with one named predictor a model call.

        ``options`` are those of `masdesign.distill.bridge.to_dspy`, which this is (by its name: it stands
        layers above a design); `masdesign.from_dspy` brings back what DSPy made of it.
        """
        return import_module("masdesign.distill.bridge").to_dspy(self, **options)


def parse(source: str) -> ast.Module:
    """The syntax tree of ``source``.

    Raises:
        SourceError: it is not Python, nests too deeply, or is longer than `MAX_SOURCE_CHARACTERS`.
    """
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise SourceError(
            f"the source has {len(source)} characters", cure=f"keep it under {MAX_SOURCE_CHARACTERS}"
        )
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise SourceError(
            f"not valid Python: {error.msg}", line=error.lineno, cure="correct the syntax"
        ) from None
    except (RecursionError, MemoryError):
        raise SourceError("the source nests too deeply", cure="name the parts") from None
    except ValueError as error:
        raise SourceError(
            f"not valid Python: {error}", cure="remove the characters that are not text"
        ) from None


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
        return "(JoinedStr values=[" + " ".join(map(_form, _merged(value.values))) + "])"
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


def _merged(values: list[ast.expr]) -> list[ast.expr]:
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
