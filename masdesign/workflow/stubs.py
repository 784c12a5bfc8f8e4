"""The design language as typed declarations, for the static check of a design's types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from masdesign.workflow.block import Block

_TYPES = """
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, TypeVar, overload

class Question:
    question: str
    context: list[str]
    choices: list[str]
    instruction: str
    labels: list[str]
    form: str
    def __init__(
        self, question: str, context: Sequence[str] = ..., choices: Sequence[str] = ...,
        instruction: str = ..., labels: Sequence[str] = ..., form: str = ...,
    ) -> None: ...

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
def lead_confidence(answers: Iterable[Answer]) -> float: ...
@overload
def first(items: Iterable[_T]) -> _T | None: ...
@overload
def first(items: Iterable[_T], default: _T) -> _T: ...
@overload
def first(items: Iterable[_T], default: None) -> _T | None: ...
def mean(numbers: Iterable[float]) -> float: ...
def normalise(text: str) -> str: ...

# built-ins that the interpreter has and its own declarations lack
def getattr(o: Any, name: str, default: Any = ..., /) -> Any: ...
def hasattr(o: Any, name: str, /) -> bool: ...
def setattr(o: Any, name: str, value: Any, /) -> None: ...
def format(value: Any, spec: str = "", /) -> str: ...
def map(function: Callable[..., _T], /, *iterables: Iterable[Any]) -> Iterator[_T]: ...
def filter(function: Any, iterable: Iterable[_T], /) -> Iterator[_T]: ...
"""


def stubs(blocks: Iterable[Block[Any, Any]]) -> str:
    """Declarations of the values, the helpers and ``blocks``."""
    return _TYPES + "\n".join(block.stub() for block in sorted(blocks, key=lambda b: b.name)) + "\n"
