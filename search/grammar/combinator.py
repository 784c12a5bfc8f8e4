"""`Combinator`: a way to put expressions together, written as the code that it becomes in a design."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from masdesign.registry import Registry
from masdesign.syntax import without_docstring
from masdesign.versions import version_of

if TYPE_CHECKING:
    from masdesign.search.grammar.expression import Expression


def _never(expression: Expression) -> bool:
    return False


@dataclass(frozen=True)
class Combinator:
    """One combinator. Its function is never called: its body is copied into designs.

    The parameters say the rest. Those whose type is a kind of `masdesign.search.grammar.kinds` are its
    parts, those with a default its slots, the others what it is given, which makes its own kind. The
    body is in the design language; a part is called like a function, with ``await``.
    """

    name: str
    function: Callable[..., Any] = field(repr=False)
    title: str
    """A few words for a design's name, with parts and slots in braces: ``vote of {draw}``."""
    needs: str = ""
    """What it is of use with alone, as `Block.needs`."""
    equals: str = ""
    """The block that it is with its usual parts; without that block it is left out, too."""
    draws: tuple[str, ...] = ()
    """Parts that must be drawn, at a temperature above 0, since they are asked several times."""
    excludes: bool = False
    """Whether only one of its parts is asked."""
    useless: Callable[[Expression], bool] = field(default=_never, repr=False)
    """Whether an expression of this combinator has no effect, or a shorter equal."""
    reference: str = ""

    @cached_property
    def source(self) -> str:
        """The source of the function."""
        return textwrap.dedent(inspect.getsource(self.function))

    def body(self) -> list[ast.stmt]:
        """The statements of the function, its docstring left out; the caller may change them."""
        (definition,) = ast.parse(self.source).body
        assert isinstance(definition, ast.AsyncFunctionDef)
        return without_docstring(definition.body)

    @cached_property
    def named(self) -> frozenset[str]:
        """Every name that the body uses: blocks that it calls itself are among them."""
        return frozenset(n.id for s in self.body() for n in ast.walk(s) if isinstance(n, ast.Name))


def combinator(
    title: str,
    *,
    needs: str = "",
    equals: str = "",
    draws: tuple[str, ...] = (),
    excludes: bool = False,
    useless: Callable[[Expression], bool] = _never,
    reference: str = "",
) -> Callable[[Callable[..., Any]], Combinator]:
    """Make a `Combinator` of an async function; the parameters are the attributes of that name."""

    def make(function: Callable[..., Any]) -> Combinator:
        return Combinator(
            function.__name__, function, title, needs, equals, draws, excludes, useless, reference
        )

    return make


COMBINATORS: Registry[Combinator] = Registry(
    "combinator",
    Combinator,
    home="masdesign.search.grammar.combinators",
    several=True,
    version=lambda made: version_of(made.function),
)
"""The combinators there are; a plug-in may add its own."""
