"""How abacus's teachers solve each family: several independent paths, one module a family.

A module has ``solve(meta, rng, writer) -> answer`` (a random path; what it writes passes through the
writer's slip, and later steps follow from what was written), ``truth(meta)`` (the true value of every
label), ``spoil(rng, value)`` (a likely wrong value) and ``program(meta, rng)`` (a Python expression).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from masdesign.training.paths import arithmetic, boolean, navigate, truth_tellers
from masdesign.training.solution import Solution, Truth, Writer, no_slip, one_slip

_PATHS = {m.__name__.rpartition(".")[2]: m for m in (arithmetic, boolean, navigate, truth_tellers)}


def solve(family: str, meta: Mapping[str, Any], rng: random.Random) -> Solution:
    """A right solution by a random path."""
    writer = Writer(no_slip)
    answer = _PATHS[family].solve(meta, rng, writer)
    return Solution(tuple(writer.steps), answer)


def solve_badly(family: str, meta: Mapping[str, Any], rng: random.Random) -> Solution:
    """A solution in which one step is spoilt and the rest follows from it (its answer may still be right)."""
    steps = len(solve(family, meta, random.Random(rng.random())).steps)
    writer = Writer(one_slip(rng, rng.randrange(steps), _PATHS[family].spoil))
    answer = _PATHS[family].solve(meta, rng, writer)
    return Solution(tuple(writer.steps), answer)


def truth(family: str, meta: Mapping[str, Any]) -> Truth:
    """The true value of every label of the item's solutions."""
    found: Truth = _PATHS[family].truth(meta)
    return found


def program(family: str, meta: Mapping[str, Any], rng: random.Random) -> str:
    """A Python expression whose value is the answer."""
    text: str = _PATHS[family].program(meta, rng)
    return text
