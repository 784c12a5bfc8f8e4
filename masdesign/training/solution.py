"""A worked solution as a value: labelled steps, how they are laid out, read back, and checked.

A step is ``label body = value`` (or ``label value``). Every label has one true value in an item, so
any solution in this form, abacus's own included, can be checked step by step.
"""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from masdesign.types import Item

Slip = Callable[[str, str], str]
"""What becomes of a true value: (label, value) to the value written down."""
Truth = Callable[[str, str], str | None]
"""The true value of a label, given the value written down; ``None`` where the label means nothing."""

_NUMBER = re.compile(r"\A\d+\. ")
_ANSWER = re.compile(r"\AAnswer: *(.*)\Z")


class Step(NamedTuple):
    """One line of a solution."""

    label: str
    body: str
    value: str

    def text(self) -> str:
        return f"{self.label} {self.body} = {self.value}" if self.body else f"{self.label} {self.value}"


@dataclass(frozen=True, slots=True)
class Solution:
    """Steps and the answer that they lead to."""

    steps: tuple[Step, ...]
    answer: str


class Part(NamedTuple):
    """A simpler problem whose answer helps with a larger one."""

    family: str
    item: Item


class Check(NamedTuple):
    """What is true of one step, beside what was written."""

    true: str | None
    given: str

    @property
    def ok(self) -> bool:
        return self.true == self.given


class Writer:
    """Collects steps; each value passes through ``slip``, which may spoil it."""

    def __init__(self, slip: Slip) -> None:
        self.slip = slip
        self.steps: list[Step] = []

    def step(self, label: str, body: str, value: str) -> str:
        """Add a step; gives back the value as written."""
        written = self.slip(label, value)
        self.steps.append(Step(label, body, written))
        return written


def no_slip(_label: str, value: str) -> str:
    """Write what is true."""
    return value


def one_slip(rng: random.Random, at: int, spoil: Callable[[random.Random, str], str]) -> Slip:
    """Spoil the value of step number ``at`` (from 0) and write all others as they follow."""
    seen = iter(range(10_000))
    return lambda _label, value: spoil(rng, value) if next(seen) == at else value


def lay_out(solution: Solution, layout: str) -> str:
    """The reply: steps in one of the `LAYOUTS`, the answer on the last line."""
    texts = [step.text() for step in solution.steps]
    if layout == "numbered":
        texts = [f"{i}. {text}" for i, text in enumerate(texts, 1)]
    body = "; ".join(texts) if layout == "inline" else "\n".join(texts)
    return f"{body}\nAnswer: {solution.answer}" if body else f"Answer: {solution.answer}"


LAYOUTS = {"lines": 0.9, "inline": 0.05, "numbered": 0.05}
"""Layouts of a step-by-step reply, with their shares in training."""


def in_pairs(pairs: Iterable[tuple[object, object]]) -> str:
    """A value of several parts: a name and what is said of it, each in turn.

    >>> in_pairs([("left", 3), ("forward", 1)]), pairs_of("left 3 forward 1")
    ('left 3 forward 1', [('left', '3'), ('forward', '1')])
    """
    return " ".join(f"{name} {value}" for name, value in pairs)


def pairs_of(text: str) -> list[tuple[str, str]]:
    """What `in_pairs` wrote."""
    words = text.split()
    return list(zip(words[::2], words[1::2], strict=True))


def read(text: str) -> Solution | None:
    """The solution that a reply holds, or ``None`` where it has no answer line.

    >>> read("A +3 -4 = -1\\nAnswer: -1").steps
    (Step(label='A', body='+3 -4', value='-1'),)
    """
    lines = [part.strip() for line in text.split("\n") for part in line.split(";") if part.strip()]
    match = _ANSWER.match(lines[-1]) if lines else None
    if match is None:
        return None
    return Solution(tuple(_read_step(line) for line in lines[:-1]), match[1].strip())


def read_steps(text: str) -> tuple[Step, ...]:
    """The steps of a solution that has no answer yet.

    >>> read_steps("1. A +3 -4 = -1; B +2")[1]
    Step(label='B', body='', value='+2')
    """
    return tuple(
        _read_step(part.strip()) for line in text.split("\n") for part in line.split(";") if part.strip()
    )


def _read_step(line: str) -> Step:
    label, _, rest = _NUMBER.sub("", line).partition(" ")
    body, equals, value = rest.rpartition(" = ")
    return Step(label, body, value) if equals else Step(label, "", rest)


def check(steps: Iterable[Step], truth: Truth) -> list[Check]:
    """What is true of each step, aligned with ``steps``."""
    return [Check(truth(step.label, step.value), step.value) for step in steps]
