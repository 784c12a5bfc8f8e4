"""The typed expressions that a design is grown from.

There are two types. An `Answer` expression gives one answer; a `Drafts` expression gives a list of
them. Every expression is a frozen value, so that a tree may be shared, compared and kept as a key.

    Answer := Direct | Steps | Program | Parts | Found
            | Vote | WeightedVote | Choose | Repair | Cascade | Escalate | Route
    Drafts := Samples | Panel | More | Filter | Debate | RepairAll

A step that asks a model says which by ``model``, where the run has several; empty is the default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from masdesign.types import SAMPLING_TEMPERATURE
from masdesign.workflow.promoted import Promoted

ALWAYS = 0.0
"""The value of ``below`` for a step that is always taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An expression whose value is one answer."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """An expression whose value is a list of answers, never empty."""


Node = Answer | Drafts
N = TypeVar("N", bound=Node)


@dataclass(frozen=True, slots=True)
class Direct(Answer):
    """Answer at once."""

    model: str = ""


@dataclass(frozen=True, slots=True)
class Steps(Answer):
    """Think step by step (arXiv:2201.11903)."""

    temperature: float = 0.0
    model: str = ""


@dataclass(frozen=True, slots=True)
class Program(Answer):
    """Write an expression and let Python work it out; only where the task declares ``python``."""

    model: str = ""


@dataclass(frozen=True, slots=True)
class Parts(Answer):
    """Split the question into at most ``n`` parts, answer each, merge (arXiv:2210.02406).

    ``apart``: each part sees its own passages alone; only for tasks with passages.
    """

    n: int = 4
    apart: bool = False
    temperature: float = 0.0
    model: str = ""


@dataclass(frozen=True, slots=True)
class Found(Answer):
    """A discovered design that was promoted to a block."""

    block: Promoted


@dataclass(frozen=True, slots=True)
class Vote(Answer):
    """The answer that most drafts give (arXiv:2203.11171)."""

    drafts: Drafts


@dataclass(frozen=True, slots=True)
class WeightedVote(Answer):
    """A vote in which a draft that was judged wrong counts ``doubt`` (0 to 1) of a draft judged right."""

    drafts: Drafts
    doubt: float = 0.3
    model: str = ""


@dataclass(frozen=True, slots=True)
class Choose(Answer):
    """The draft that the model picks when it sees all of them."""

    drafts: Drafts
    model: str = ""


@dataclass(frozen=True, slots=True)
class Repair(Answer):
    """Check the answer, revise it where it is judged wrong; at most ``rounds`` times (arXiv:2303.11366)."""

    answer: Answer
    rounds: int = 1
    model: str = ""


@dataclass(frozen=True, slots=True)
class Cascade(Answer):
    """The first answer where it is judged right, otherwise the second (arXiv:2305.05176)."""

    answer: Answer
    otherwise: Answer
    model: str = ""
    """Of the judge."""


@dataclass(frozen=True, slots=True)
class Escalate(Answer):
    """The drafts' vote where they agree ``below`` or more, otherwise another answer (arXiv:2310.03094)."""

    drafts: Drafts
    otherwise: Answer
    below: float = 1.0


@dataclass(frozen=True, slots=True)
class Route(Answer):
    """One answer to questions of fewer than ``words`` words, another to longer ones (arXiv:2404.14618)."""

    words: int
    short: Answer
    long: Answer


@dataclass(frozen=True, slots=True)
class Samples(Drafts):
    """``n`` independent draws, step by step."""

    n: int = 5
    temperature: float = SAMPLING_TEMPERATURE
    model: str = ""


@dataclass(frozen=True, slots=True)
class Panel(Drafts):
    """One draft from each of several different ways to answer (leaves only)."""

    members: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class More(Drafts):
    """``n`` further draws where the drafts agree less than ``below`` (arXiv:2305.11860)."""

    drafts: Drafts
    n: int = 4
    below: float = 1.0
    model: str = ""


@dataclass(frozen=True, slots=True)
class Filter(Drafts):
    """Only the drafts that are judged right, or all of them where none is."""

    drafts: Drafts
    below: float = ALWAYS
    """Taken only where the drafts agree less than this; `ALWAYS` means every time."""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Debate(Drafts):
    """Each draft is reconsidered in sight of the others, ``rounds`` times (arXiv:2305.14325)."""

    drafts: Drafts
    rounds: int = 1
    below: float = ALWAYS
    """As in `Filter`."""
    model: str = ""


@dataclass(frozen=True, slots=True)
class RepairAll(Drafts):
    """Each draft is checked, and revised where it is judged wrong."""

    drafts: Drafts
    below: float = ALWAYS
    """As in `Filter`."""
    model: str = ""


Path = tuple[str, ...]


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every expression below ``node`` with its path of field names, ``node`` itself first.

    The members of a `Panel` are part of it, not expressions of their own.

    >>> [type(part).__name__ for _, part in walk(Vote(Filter(Samples(3))))]
    ['Vote', 'Filter', 'Samples']
    """
    yield path, node
    for field in fields(node):
        child = getattr(node, field.name)
        if isinstance(child, Answer | Drafts):
            yield from walk(child, (*path, field.name))


def asked_of(node: N, model: str) -> N:
    """``node`` with its own calls made by ``model``; as it is where it makes none.

    >>> asked_of(Steps(), "large"), asked_of(Vote(Samples(3)), "large")
    (Steps(temperature=0.0, model='large'), Vote(drafts=Samples(n=3, temperature=0.8, model='')))
    """
    makes_calls = any(field.name == "model" for field in fields(node))
    return replace(node, **{"model": model}) if makes_calls else node


def parts_of(node: Node) -> Iterator[Node]:
    """Every expression below ``node``, itself first, and the members of panels too.

    >>> [type(part).__name__ for part in parts_of(Vote(Panel((Direct(), Steps()))))]
    ['Vote', 'Panel', 'Direct', 'Steps']
    """
    for _, inner in walk(node):
        yield inner
        yield from inner.members if isinstance(inner, Panel) else ()


def found_in(node: Node) -> set[Promoted]:
    """The promoted blocks that ``node`` calls, those of a panel's members too."""
    return {part.block for part in parts_of(node) if isinstance(part, Found)}


def children(node: Node) -> list[Node]:
    """The expressions that ``node`` is directly made of; not the members of a `Panel`."""
    values = (getattr(node, field.name) for field in fields(node))
    return [value for value in values if isinstance(value, Answer | Drafts)]


def put(node: Node, path: Path, new: Node) -> Node:
    """``node`` with the expression at ``path`` exchanged for ``new``, which must be of the same type.

    >>> put(Vote(Samples(3)), ("drafts",), Samples(5))
    Vote(drafts=Samples(n=5, temperature=0.8, model=''))
    """
    if not path:
        return new
    head, *rest = path
    return replace(node, **{head: put(getattr(node, head), tuple(rest), new)})
