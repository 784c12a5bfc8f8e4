"""The design language as typed declarations, for the static check of a design's types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from masdesign.workflow.block import Block

_TYPES = """
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Literal, TypeVar, overload

class Question:
    question: str
    context: list[str]
    choices: list[str]
    def __init__(self, question: str, context: Sequence[str] = ..., choices: Sequence[str] = ...) -> None: ...

class Answer:
    text: str
    reasoning: str
    def __init__(self, text: str, reasoning: str = "") -> None: ...

class Verdict:
    ok: bool
    critique: str
    def __init__(self, ok: bool, critique: str = "") -> None: ...

Task = Question
_T = TypeVar("_T")

async def gather(*awaitables: Awaitable[_T]) -> list[_T]: ...
def majority(answers: Iterable[Answer]) -> Answer: ...
def weighted_majority(answers: Iterable[Answer], weights: Iterable[float]) -> Answer: ...
def agreement(answers: Iterable[Answer]) -> float: ...
@overload
def first(items: Iterable[_T]) -> _T | None: ...
@overload
def first(items: Iterable[_T], default: _T) -> _T: ...
@overload
def first(items: Iterable[_T], default: None) -> _T | None: ...
def mean(numbers: Iterable[float]) -> float: ...
def normalise(text: str) -> str: ...
"""


def stubs(blocks: Iterable[Block[Any, Any]]) -> str:
    """Declarations of the values, the helpers and ``blocks``."""
    return _TYPES + "\n".join(block.stub() for block in sorted(blocks, key=lambda b: b.name)) + "\n"
