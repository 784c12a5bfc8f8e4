"""The kinds of expressions: what each is given and what it gives, as the types of its calls.

A block's kind follows from its signature: the types of the parameters that have no default, and of the
result. A combinator takes parts of these kinds, and is of one itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, get_args

from masdesign.types import Answer, Question, Verdict

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
