"""Chains of claims, by three paths: forward (who lies?), backward from the person asked about (the same as
that person, or other?), or a count of the claims of lying. A step names the claim that it follows from.
"""

import random
from collections.abc import Mapping
from itertools import accumulate, pairwise
from operator import xor
from typing import Any

from masdesign.tasks.families.truth_tellers import claims, question
from masdesign.training.solution import Part, Truth, Writer
from masdesign.types import Item


def solve(record: Mapping[str, Any], rng: random.Random, writer: Writer) -> str:
    """Follow the chain by a random path."""
    people, lies, drawn = record["people"], record["lies"], rng.random()
    if drawn < 0.05:
        lying = _count(people, lies, rng, writer)
    else:
        lying = (_forward if drawn < 0.65 else _backward)(people, lies, writer)
    return "No" if lying else "Yes"


def _forward(people: list[str], lies: list[bool], writer: Writer) -> bool:
    """Whether the last one lies, from the first on."""
    lying = _start(people, lies, writer)
    for person, lie in zip(people[1:], lies[1:], strict=True):
        lying = _written(person, _said(lie), lying ^ lie, writer)
    return lying


def _backward(people: list[str], lies: list[bool], writer: Writer) -> bool:
    """Whether the last one lies: how those before relate to them, down to the first."""
    other = False
    for person, lie in zip(people[-2::-1], lies[:0:-1], strict=True):
        other = writer.step(person, _said(lie), "other" if other ^ lie else "same") == "other"
    return other ^ _start(people, lies, writer)


def _start(people: list[str], lies: list[bool], writer: Writer) -> bool:
    """Whether the first one lies, which the first sentence says."""
    return _written("start", people[0], lies[0], writer)


def _written(label: str, body: str, lie: bool, writer: Writer) -> bool:
    """A step that says whether somebody lies; gives back what was written."""
    return writer.step(label, body, _said(lie)) == _said(True)


def _said(lie: bool) -> str:
    return "lies" if lie else "truth"


def _count(people: list[str], lies: list[bool], rng: random.Random, writer: Writer) -> bool:
    """Whether the number of sentences that say "lies" is odd."""
    speakers = [name for name, lie in zip(people, lies, strict=True) if lie]
    if rng.random() < 0.5:
        speakers.reverse()
    return int(writer.step("lies", " ".join(speakers) or "none", str(len(speakers)))) % 2 == 1


def truth(record: Mapping[str, Any]) -> Truth:
    """For a person: lies or truth, or same or other; for ``start``: of the first; for ``lies``: the count."""
    people, lies = record["people"], record["lies"]
    lying = dict(zip(people, accumulate(lies, xor), strict=True))

    def value(label: str, given: str) -> str | None:
        if label == "lies":
            return str(sum(lies))
        if label == "start":
            return _said(lies[0])
        if label not in lying:
            return None
        if given in ("same", "other"):
            return "same" if lying[label] == lying[people[-1]] else "other"
        return _said(lying[label])

    return value


def spoil(rng: random.Random, value: str, _meta: Mapping[str, Any]) -> str:
    """The other one; a count is off by one."""
    other = {"lies": "truth", "truth": "lies", "same": "other", "other": "same"}
    return other[value] if value in other else str(max(0, int(value) + rng.choice((-1, 1))))


def program(record: Mapping[str, Any], rng: random.Random) -> str:
    """The parity of the sentences that say "lies", one bit a sentence."""
    bits = "+".join(str(int(lie)) for lie in record["lies"])
    return f"'Yes' if ({bits}) % 2 == 0 else 'No'"


def parts(item: Item) -> list[Part]:
    """The chain in pieces; each but the first begins with "tells the truth" of the one it starts from."""
    people, lies = item.record["people"], item.record["lies"]
    out = []
    for start, end in _pieces(len(people)):
        lying = [start == 0 and lies[0], *lies[start + 1 : end + 1]]
        record = {"difficulty": 0, "people": people[start : end + 1], "lies": lying}
        text = question(claims(record["people"], lying), people[end])
        out.append(Part("truth_tellers", Item("", text, "No" if sum(lying) % 2 else "Yes", record=record)))
    return out


def _pieces(count: int) -> list[tuple[int, int]]:
    """First and last person of each piece, who ends one and begins the next.

    >>> _pieces(5), _pieces(3)
    ([(0, 2), (2, 4)], [(0, 2)])
    """
    pieces = min(4, max(1, (count - 1) // 2))
    bounds = [round(i * (count - 1) / pieces) for i in range(pieces + 1)]
    return list(pairwise(bounds))


def merge(record: Mapping[str, Any], answers: list[str], _rng: random.Random, writer: Writer) -> str:
    """From piece to piece: a No turns truth and lies round."""
    lying = False
    for (_, end), answer in zip(_pieces(len(record["people"])), answers, strict=True):
        lying ^= answer == "No"
        lying = _written(record["people"][end], answer, lying, writer)
    return "No" if lying else "Yes"


def focus(item: Item) -> str:
    """Without the sentences that say nothing of truth."""
    people = item.record["people"]
    return question(claims(people, item.record["lies"]), people[-1])
