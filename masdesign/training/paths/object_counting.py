"""Things of one kind: each named with its number and kind, and how many of it count, then the sum.

Paths differ in what comes first, in whether things that do not count are named with a 0 (mostly: then the
next thing is always the next of the list), and in how the sum is worked out.
"""

import random
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from masdesign.tasks.families.object_counting import KINDS, Thing, item_of, names, question
from masdesign.training.paths.arithmetic import add
from masdesign.training.paths.arithmetic import spoil as spoil_number
from masdesign.training.solution import Part, Truth, Writer
from masdesign.types import Item

_KINDS = {name: kind.split()[-1] for kind in KINDS for name in names(kind)}


def solve(record: Mapping[str, Any], rng: random.Random, writer: Writer) -> str:
    """Count by a random path."""
    all_named, one_by_one = rng.random() < 0.85, rng.random() < 0.85
    things = record["things"][::-1] if rng.random() < 0.2 else record["things"]
    named = [thing for thing in things if thing.counts or all_named]
    counts = [int(writer.step(word(thing), _kind(thing, record["kind"]), _count(thing))) for thing in named]
    return str(_sum([count for count in counts if count], one_by_one, writer))


def _sum(counts: list[int], one_by_one: bool, writer: Writer) -> int:
    return add("all", counts or [0], backward=False, one_by_one=one_by_one, writer=writer)


def word(thing: Thing) -> str:
    """What a thing is called in a step: one word of its entry.

    >>> word(Thing(2, "head of broccoli", True)), word(Thing(1, "lettuce head", True))
    ('broccoli', 'lettuce')
    """
    words = thing.text.split()
    return words[-2] if thing.name == "lettuce head" else words[-1]


def _kind(thing: Thing, asked: str) -> str:
    """How many there are, and of what kind: in one word, the same as is asked for where it counts.

    >>> _kind(Thing(2, "oboe", True), "musical instruments"), _kind(Thing(1, "lemon", True), "objects")
    ('2 instruments', '1 objects')
    """
    return f"{thing.number} {asked if asked == 'objects' else _KINDS[thing.name]}"


def _count(thing: Thing) -> str:
    return str(thing.number if thing.counts else 0)


def truth(record: Mapping[str, Any]) -> Truth:
    """How many of each thing count, and of all."""
    counts = {word(thing): _count(thing) for thing in record["things"]}
    counts["all"] = f"{sum(thing.number for thing in record['things'] if thing.counts):+d}"
    return lambda label, _given: counts.get(label)


def spoil(rng: random.Random, value: str, record: Mapping[str, Any]) -> str:
    """A sum as in arithmetic; a count is off by one or two."""
    if value[0] in "+-":
        return spoil_number(rng, value, record)
    return str(max(0, int(value) + rng.choice((-1, 1, 1, 2))) if value != "0" else 1)


def program(record: Mapping[str, Any], _rng: random.Random) -> str:
    """The counts with plus signs between them."""
    return "+".join(str(thing.number) for thing in record["things"] if thing.counts)


def parts(item: Item) -> list[Part]:
    """Shorter lists, four at most."""
    things = item.record["things"]
    pieces = min(4, max(2, len(things) // 4))
    bounds = [round(i * len(things) / pieces) for i in range(pieces + 1)]
    lists = [things[a:b] for a, b in pairwise(bounds)]
    return [Part("object_counting", item_of(item.record["kind"], some, 0)) for some in lists]


def merge(_meta: Mapping[str, Any], answers: list[str], rng: random.Random, writer: Writer) -> str:
    """The sum."""
    counts = [int(answer) for answer in answers]
    return str(_sum(counts[::-1] if rng.random() < 0.25 else counts, rng.random() < 0.6, writer))


def focus(item: Item) -> str:
    """Without the things that do not count."""
    return question(item.record["kind"], [thing for thing in item.record["things"] if thing.counts])
