"""How abacus's teachers solve each family: several independent paths, one module a family.

A module has ``solve(record, rng, writer) -> answer`` (a random path; what it writes passes through the
writer's slip, and later steps follow from what was written), ``truth(record)`` (the true value of every
label), ``spoil(rng, value, record)`` (a likely wrong value), ``program(record, rng)`` (a Python expression),
``parts(item)`` (simpler problems, four at most) and ``merge(record, answers, rng, writer) -> answer`` (from
their answers, right or wrong). Where a question or its context can hold what does not matter, it has
``focus(item)`` (the question without it) or ``passages(item)`` (the numbers of those that matter).
"""

import random
from collections.abc import Mapping
from functools import partial
from types import ModuleType
from typing import Any

from masdesign.training.paths import (
    arithmetic,
    boolean,
    ledger,
    navigate,
    object_counting,
    shuffled_objects,
    truth_tellers,
)
from masdesign.training.solution import Part, Solution, Truth, Writer, no_slip, one_slip
from masdesign.types import Item

UNKNOWN = "unknown"
"""The answer where a part's answer is missing."""
_MODULES: tuple[ModuleType, ...] = (
    arithmetic, boolean, ledger, navigate, object_counting, shuffled_objects, truth_tellers,
)  # fmt: skip
_PATHS = {module.__name__.rpartition(".")[2]: module for module in _MODULES}
WORKED = tuple(_PATHS)
"""Families with teachers here; those made for a mechanism have theirs in `masdesign.training.mechanisms`."""


def solve(family: str, record: Mapping[str, Any], rng: random.Random) -> Solution:
    """A right solution by a random path."""
    writer = Writer(no_slip)
    answer = _PATHS[family].solve(record, rng, writer)
    return Solution(tuple(writer.steps), answer)


def solve_badly(family: str, record: Mapping[str, Any], rng: random.Random) -> Solution:
    """A solution in which one step is spoilt and the rest follows from it (its answer may still be right)."""
    steps = len(solve(family, record, random.Random(rng.random())).steps)
    spoil = partial(_spoil, family, record)
    writer = Writer(one_slip(rng, rng.randrange(steps), spoil))
    answer = _PATHS[family].solve(record, rng, writer)
    return Solution(tuple(writer.steps), answer)


def _spoil(family: str, record: Mapping[str, Any], rng: random.Random, value: str) -> str:
    wrong: str = _PATHS[family].spoil(rng, value, record)
    return wrong


def truth(family: str, record: Mapping[str, Any]) -> Truth:
    """The true value of every label of the item's solutions."""
    facts: Truth = _PATHS[family].truth(record)
    return facts


def program(family: str, record: Mapping[str, Any], rng: random.Random) -> str:
    """A Python expression whose value is the answer."""
    text: str = _PATHS[family].program(record, rng)
    return text


def parts(family: str, item: Item) -> list[Part]:
    """Simpler problems, one to four, from whose answers `merge` solves the item."""
    pieces: list[Part] = _PATHS[family].parts(item)
    return pieces


def merge(family: str, record: Mapping[str, Any], answers: list[str], rng: random.Random) -> Solution:
    """The solution that follows from the parts' answers; without steps where one of them is missing."""
    if UNKNOWN in answers:
        return Solution((), UNKNOWN)
    writer = Writer(no_slip)
    answer = _PATHS[family].merge(record, answers, rng, writer)
    return Solution(tuple(writer.steps), answer)


def focus(family: str, item: Item) -> str:
    """The question on one line, without what does not matter."""
    without = getattr(_PATHS[family], "focus", None)
    text: str = without(item) if without else item.question
    return text


def passages(family: str, item: Item) -> list[int]:
    """The numbers of the item's own passages that matter, from 1 on."""
    find = getattr(_PATHS[family], "passages", None)
    numbers: list[int] = find(item) if find else []
    return numbers
