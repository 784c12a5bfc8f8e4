"""Chains of claims, by three paths: forward in leaps of one or two people (who lies?), backward from the
person asked about (the same as that person, or other?), or a count of the claims of lying.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import accumulate, pairwise
from operator import xor
from typing import Any

from masdesign.tasks.families.truth_tellers import claims, question
from masdesign.training.solution import Part, Truth, Writer
from masdesign.types import Item

_LEAPS = (1, 1, 1, 2)


def solve(meta: Mapping[str, Any], rng: random.Random, writer: Writer) -> str:
    """Follow the chain by a random path."""
    path = rng.choices((_forward, _backward, _count), (0.65, 0.3, 0.05))[0]
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


def spoil(rng: random.Random, value: str, _meta: Mapping[str, Any]) -> str:
    """The other one; a count is off by one."""
    other = {"lies": "truth", "truth": "lies", "same": "other", "other": "same"}
    return other[value] if value in other else str(max(0, int(value) + rng.choice((-1, 1))))


def program(meta: Mapping[str, Any], rng: random.Random) -> str:
    """The parity of the sentences that say "lies", one bit a sentence."""
    bits = "+".join(str(int(lie)) for lie in meta["lies"])
    return f"'Yes' if ({bits}) % 2 == 0 else 'No'"


def parts(item: Item) -> list[Part]:
    """The chain in pieces; each but the first begins with "tells the truth" of the one it starts from."""
    people, lies = item.meta["people"], item.meta["lies"]
    out = []
    for start, end in _pieces(len(people)):
        said = [start == 0 and lies[0], *lies[start + 1 : end + 1]]
        meta = {"difficulty": 0, "people": people[start : end + 1], "lies": said}
        text = question(claims(meta["people"], said), people[end])
        out.append(Part("truth_tellers", Item("", text, "No" if sum(said) % 2 else "Yes", meta=meta)))
    return out


def _pieces(count: int) -> list[tuple[int, int]]:
    """First and last person of each piece, who ends one and begins the next.

    >>> _pieces(5), _pieces(3)
    ([(0, 2), (2, 4)], [(0, 2)])
    """
    pieces = min(4, max(1, (count - 1) // 2))
    bounds = [round(i * (count - 1) / pieces) for i in range(pieces + 1)]
    return list(pairwise(bounds))


def merge(meta: Mapping[str, Any], answers: list[str], _rng: random.Random, writer: Writer) -> str:
    """From piece to piece: a No turns truth and lies round."""
    lying = False
    for (_, end), answer in zip(_pieces(len(meta["people"])), answers, strict=True):
        lying ^= answer == "No"
        lying = writer.step(meta["people"][end], "", "lies" if lying else "truth") == "lies"
    return "No" if lying else "Yes"


def focus(item: Item) -> str:
    """Without the sentences that say nothing of truth."""
    people = item.meta["people"]
    return question(claims(people, item.meta["lies"]), people[-1])
