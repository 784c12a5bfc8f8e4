"""Swaps, followed forward with all that everybody has, or traced backward from the person asked about.

Steps are numbered as the swaps are, and name the pair that swaps: ``s3 Eve Bob = Al A Bob C Eve B`` says what
everybody has after it, by option letter, ``3 Eve Bob = Eve`` who had before it what is asked for. So each
step copies the next pair and looks at what stands just before it; without the pair a small model learns
nothing. For the same reason the last step, ``end Al = A``, names the person asked about.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, TypeVar

from masdesign.tasks.families.shuffled_objects import LETTERS, needed, origin, question
from masdesign.training.solution import Part, Truth, Writer, in_pairs, pairs_of
from masdesign.types import Item

_START, _END = "start", "end"
_T = TypeVar("_T")


def solve(record: Mapping[str, Any], rng: random.Random, writer: Writer) -> str:
    """Follow the swaps by a random path."""
    if rng.random() < 0.7 and record["options"]:
        return f"({_forward(record, writer)})"
    person = _backward(record, writer)
    thing = writer.step(_START, person, _held(record, person))
    return f"({thing})" if record["options"] else thing


def _forward(record: Mapping[str, Any], writer: Writer) -> str:
    people = record["people"]
    state = dict(pairs_of(writer.step("s0", "", in_pairs(zip(people, LETTERS, strict=False)))))
    for number, pair in enumerate(record["swaps"], 1):
        letters = _swapped([state[person] for person in people], pair, people)
        state = dict(
            pairs_of(writer.step(f"s{number}", " ".join(pair), in_pairs(zip(people, letters, strict=True))))
        )
    return writer.step(_END, record["asked"], state[record["asked"]])


def _backward(record: Mapping[str, Any], writer: Writer) -> str:
    person = record["asked"]
    for number, pair in reversed(list(enumerate(record["swaps"], 1))):
        person = writer.step(str(number), " ".join(pair), origin(person, [pair]))
    return str(person)


def _swapped(state: Sequence[_T], pair: Sequence[str], people: Sequence[str]) -> list[_T]:
    a, b = (people.index(person) for person in pair)
    out = list(state)
    out[a], out[b] = state[b], state[a]
    return out


def _held(record: Mapping[str, Any], person: str) -> str:
    at = record["people"].index(person)
    return str(LETTERS[at] if record["options"] else record["things"][at])


def truth(record: Mapping[str, Any]) -> Truth:
    """For a number the person, for ``s`` and a number everybody's letters, for ``start`` what is held."""
    people, swaps, person = record["people"], record["swaps"], record["asked"]
    origins = {str(i + 1): origin(person, swaps[i:]) for i in range(len(swaps))}
    origins[_START] = origins[_END] = _held(record, origin(person, swaps))
    start = LETTERS[: len(people)]
    states = accumulate(swaps, lambda state, pair: _swapped(state, pair, people), initial=list(start))
    origins |= {f"s{i}": in_pairs(zip(people, state, strict=True)) for i, state in enumerate(states)}
    return lambda label, _given: origins.get(label)


def spoil(rng: random.Random, value: str, record: Mapping[str, Any]) -> str:
    """Another person, another thing, or two letters changed for each other."""
    people = record["people"]
    for names in (people, record["things"], LETTERS[: len(people)]):
        if value in names:
            return str(rng.choice([other for other in names if other != value]))
    letters = _swapped([letter for _, letter in pairs_of(value)], rng.sample(people, 2), people)
    return in_pairs(zip(people, letters, strict=True))


def program(record: Mapping[str, Any], _rng: random.Random) -> str:
    """Each swap as a list of who has it from whom, one looked up in the other, back to the start.

    >>> record = {"people": ["Al", "Bo"], "swaps": [["Al", "Bo"]], "asked": "Bo", "options": True}
    >>> program(record, random.Random())
    "'('+'AB'[[1,0][1]]+')'"
    """
    people = record["people"]
    text = str(people.index(record["asked"]))
    for pair in reversed(record["swaps"]):
        text = f"[{','.join(map(str, _swapped(range(len(people)), pair, people)))}][{text}]"
    if record["options"]:
        return f"'('+'{LETTERS[: len(people)]}'[{text}]+')'"
    return f"[{','.join(repr(thing) for thing in record['things'])}][{text}]"


def parts(item: Item) -> list[Part]:
    """One simpler problem: only the swaps that matter, and no options."""
    record = {**item.record, "swaps": needed(item.record["asked"], item.record["swaps"]), "options": False}
    thing = _held(record, origin(record["asked"], record["swaps"]))
    return [
        Part(
            "shuffled_objects",
            replace(item, question=_line(record), targets=thing, choices=(), record=record),
        )
    ]


def merge(record: Mapping[str, Any], answers: list[str], _rng: random.Random, writer: Writer) -> str:
    """The option that says the same."""
    answer = answers[0]
    if record["options"]:
        answer = LETTERS[record["things"].index(answer)]
        return f"({writer.step(_START, '', answer)})"
    return writer.step(_START, "", answer)


def focus(item: Item) -> str:
    """Without the swaps that do not matter."""
    return _line({**item.record, "swaps": needed(item.record["asked"], item.record["swaps"])})


def _line(record: Mapping[str, Any]) -> str:
    return question(record).replace("\n", " ")
