"""`Combinator`: a way to put expressions together, and the kinds of expressions that are put together.

A block's kind follows from its signature: the types of the parameters that have no default, and of the
result. A combinator takes parts of these kinds, and is of one itself.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

from masdesign.registry import Registry
from masdesign.syntax import without_docstring
from masdesign.types import Answer, Question, Verdict
from masdesign.versions import version_of

if TYPE_CHECKING:
    from masdesign.search.grammar.expression import Expression


Solver = Callable[[Question], Awaitable[Answer]]
"""Answers a question."""
Drafter = Callable[[Question], Awaitable[list[Answer]]]
"""Gives several answers to a question, at least one."""
Reader = Callable[[Question], Awaitable[Question]]
"""Writes a question again, or leaves passages out."""
Splitter = Callable[[Question], Awaitable[list[str]]]
"""Splits a question into simpler ones."""
Pieces = Callable[[Question], Awaitable[tuple[list[str], list[Answer]]]]
"""Gives simpler questions with their answers, as many of each."""
Merger = Callable[[Question, list[str], list[Answer]], Awaitable[Answer]]
"""Solves a question from simpler ones and their answers."""
Judge = Callable[[Question, Answer], Awaitable[Verdict]]
"""Says whether an answer is right, and what is wrong with it."""
Rater = Callable[[Question, Answer], Awaitable[float]]
"""Rates an answer from 0 to 1."""
Reviser = Callable[[Question, Answer, str], Awaitable[Answer]]
"""Corrects an answer with the help of a critique."""
Reducer = Callable[[Question, list[Answer]], Awaitable[Answer]]
"""Makes one answer from several."""
Peer = Callable[[Question, Answer, list[Answer]], Awaitable[Answer]]
"""Reconsiders an answer in sight of others."""
Extender = Callable[[Question, Answer], Awaitable[Answer]]
"""Takes an answer further."""
Classifier = Callable[[Question, list[str]], Awaitable[str]]
"""Says which of several labels fits a question."""

Kind = tuple[tuple[Any, ...], Any]
"""The types of what is given, in order, and of what comes back."""


def kind_of(call: Any) -> Kind:
    """The kind that an alias of this module, ``Callable[[…], Awaitable[…]]``, stands for.

    >>> kind_of(Judge) == ((Question, Answer), Verdict)
    True
    """
    given, awaited = get_args(call)
    return tuple(given), get_args(awaited)[0]


SOLVER = kind_of(Solver)
"""The kind of a whole design."""


def _never(expression: Expression) -> bool:
    return False


@dataclass(frozen=True)
class Combinator:
    """One combinator. Its function is never called: its body is copied into designs.

    The parameters say the rest. Those whose type is a kind of `masdesign.search.grammar.combinator` are its
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
