"""Chains of claims, by three paths: forward in leaps of one to three people (who lies?), backward from the
person asked about (the same as that person, or other?), or a count of the claims of lying.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import accumulate
from operator import xor
from typing import Any

from masdesign.training.solution import Truth, Writer

_LEAPS = (1, 1, 2, 2, 3)


def solve(meta: Mapping[str, Any], rng: random.Random, writer: Writer) -> str:
    """Follow the chain by a random path."""
    path = rng.choice((_forward, _backward, _count))
    return "No" if path(meta["people"], meta["lies"], rng, writer) else "Yes"


def _forward(people: list[str], lies: list[bool], rng: random.Random, writer: Writer) -> bool:
    """Whether the last one lies, from the first on."""
    at, lying = 0, lies[0]
    while at < len(people) - 1:
        to = min(len(people) - 1, at + rng.choice(_LEAPS))
        lying ^= sum(lies[at + 1 : to + 1]) % 2 == 1
        lying = writer.step(people[to], "", "lies" if lying else "truth") == "lies"
        at = to
    return lying


def _backward(people: list[str], lies: list[bool], rng: random.Random, writer: Writer) -> bool:
    """Whether the last one lies: how those before relate to them, down to the first."""
    at, other = len(people) - 1, False
    while at > 0:
        to = max(0, at - rng.choice(_LEAPS))
        other ^= sum(lies[to + 1 : at + 1]) % 2 == 1
        other = writer.step(people[to], "", "other" if other else "same") == "other"
        at = to
    return other ^ lies[0]


def _count(people: list[str], lies: list[bool], rng: random.Random, writer: Writer) -> bool:
    """Whether the number of sentences that say "lies" is odd."""
    speakers = [name for name, lie in zip(people, lies, strict=True) if lie]
    if rng.random() < 0.5:
        speakers.reverse()
    return int(writer.step("lies", " ".join(speakers) or "none", str(len(speakers)))) % 2 == 1


def truth(meta: Mapping[str, Any]) -> Truth:
    """For a person: lies or truth, or same or other; for ``lies``: the count."""
    people, lies = meta["people"], meta["lies"]
    lying = dict(zip(people, accumulate(lies, xor), strict=True))

    def value(label: str, given: str) -> str | None:
        if label == "lies":
            return str(sum(lies))
        if label not in lying:
            return None
        if given in ("same", "other"):
            return "same" if lying[label] == lying[people[-1]] else "other"
        return "lies" if lying[label] else "truth"

    return value


def spoil(rng: random.Random, value: str) -> str:
    """The other one; a count is off by one."""
    other = {"lies": "truth", "truth": "lies", "same": "other", "other": "same"}
    return other[value] if value in other else str(max(0, int(value) + rng.choice((-1, 1))))


def program(meta: Mapping[str, Any], rng: random.Random) -> str:
    """The parity of the sentences that say "lies", one bit a sentence."""
    bits = "+".join(str(int(lie)) for lie in meta["lies"])
    return f"'Yes' if ({bits}) % 2 == 0 else 'No'"
