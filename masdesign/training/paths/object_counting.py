"""Things of one kind: each named with its count, or single ones and others apart, or the counts at once.

Paths differ in that, in what comes first, and in whether things that do not count are named with a 0.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from masdesign.tasks.families.object_counting import Thing, item_of, question
from masdesign.training.solution import Part, Truth, Writer
from masdesign.types import Item


def solve(meta: Mapping[str, Any], rng: random.Random, writer: Writer) -> str:
    """Count by a random path."""
    path, backward, all_named = rng.random(), rng.random() < 0.5, rng.random() < 0.4
    things = meta["things"][::-1] if backward else meta["things"]
    counts = [thing.number for thing in things if thing.counts]
    if path < 0.5:
        named = [thing for thing in things if thing.counts or all_named]
        found = [int(writer.step(word(thing), "", _count(thing))) for thing in named]
        counts = [count for count in found if count]
    elif path < 0.75:
        singles = int(writer.step("singles", "", str(counts.count(1))))
        counts = [singles, _sum("more", [count for count in counts if count > 1], writer)]
    return str(_sum("all", counts, writer))


def _sum(label: str, counts: list[int], writer: Writer) -> int:
    body = " ".join(map(str, counts)) if len(counts) > 1 else ""
    return int(writer.step(label, body, str(sum(counts))))


def word(thing: Thing) -> str:
    """What a thing is called in a step: one word of its entry.

    >>> word(Thing(2, "head of broccoli", True)), word(Thing(1, "lettuce head", True))
    ('broccoli', 'lettuce')
    """
    words = thing.text.split()
    return words[-2] if thing.name == "lettuce head" else words[-1]


def _count(thing: Thing) -> str:
    return str(thing.number if thing.counts else 0)


def truth(meta: Mapping[str, Any]) -> Truth:
    """How many of each thing count, of the single ones, of the others, of all."""
    counts = [thing.number for thing in meta["things"] if thing.counts]
    known = {word(thing): _count(thing) for thing in meta["things"]}
    known |= {
        "singles": str(counts.count(1)),
        "more": str(sum(c for c in counts if c > 1)),
        "all": str(sum(counts)),
    }
    return lambda label, _given: known.get(label)


def spoil(rng: random.Random, value: str, _meta: Mapping[str, Any]) -> str:
    """Off by one or two."""
    return str(max(0, int(value) + rng.choice((-1, 1, 1, 2))) if value != "0" else 1)


def program(meta: Mapping[str, Any], _rng: random.Random) -> str:
    """The counts with plus signs between them."""
    return "+".join(str(thing.number) for thing in meta["things"] if thing.counts)


def parts(item: Item) -> list[Part]:
    """Shorter lists, four at most."""
    things = item.meta["things"]
    pieces = min(4, max(2, len(things) // 4))
    bounds = [round(i * len(things) / pieces) for i in range(pieces + 1)]
    lists = [things[a:b] for a, b in pairwise(bounds)]
    return [Part("object_counting", item_of(item.meta["kind"], some, 0)) for some in lists]


def merge(_meta: Mapping[str, Any], answers: list[str], rng: random.Random, writer: Writer) -> str:
    """The sum."""
    counts = [int(answer) for answer in answers]
    return str(_sum("all", counts[::-1] if rng.random() < 0.5 else counts, writer))


def focus(item: Item) -> str:
    """Without the things that do not count."""
    return question(item.meta["kind"], [thing for thing in item.meta["things"] if thing.counts])
