"""Figures: each looked up (steps A, B, …), then ``all``.

Paths differ in which figure comes first, in whether its key is written out before it, and in how the sum
is worked out.
"""

import random
from collections.abc import Mapping
from typing import Any

from masdesign.tasks.families.ledger import Figure, single
from masdesign.training.paths.arithmetic import add
from masdesign.training.paths.arithmetic import spoil as spoil_number
from masdesign.training.solution import Part, Truth, Writer
from masdesign.types import Item

_LETTERS = "ABCDEFGHIJ"


def solve(record: Mapping[str, Any], rng: random.Random, writer: Writer) -> str:
    """Find the figures and combine them by a random path."""
    figures, signs = record["figures"], record["signs"]
    keyed, last_first = rng.random() < 0.7, rng.random() < 0.3
    backward, one_by_one = rng.random() < 0.3, rng.random() < 0.5
    order = range(len(figures))
    values = [0] * len(figures)
    for i in reversed(order) if last_first else order:
        values[i] = int(writer.step(_LETTERS[i], key(figures[i]) if keyed else "", str(figures[i].value)))
    return _whole(values, signs, backward, one_by_one, writer)


def key(figure: Figure) -> str:
    """What a figure is looked up by.

    >>> key(Figure("Acme", 2, "sales", 47, 0))
    'Acme Q2 sales'
    """
    return f"{figure.company} Q{figure.quarter} {figure.name}"


def _whole(values: list[int], signs: list[int], backward: bool, one_by_one: bool, writer: Writer) -> str:
    if len(values) == 1:
        return str(values[0])
    signed = [sign * value for sign, value in zip(signs, values, strict=True)]
    return str(add("all", signed, backward, one_by_one, writer))


def truth(record: Mapping[str, Any]) -> Truth:
    """The figures, and what they come to."""
    values = {_LETTERS[i]: str(figure.value) for i, figure in enumerate(record["figures"])}
    total = sum(sign * f.value for sign, f in zip(record["signs"], record["figures"], strict=True))
    values["all"] = f"{total:+d}"
    return lambda label, _given: values.get(label)


def spoil(rng: random.Random, value: str, record: Mapping[str, Any]) -> str:
    """A sum as in arithmetic; a figure becomes another one of the statements."""
    if value[0] in "+-":
        return spoil_number(rng, value, record)
    others = {str(figure.value) for statement in record["statements"] for figure in statement} - {value}
    return rng.choice(sorted(others)) if others else str(int(value) + 1)


def program(record: Mapping[str, Any], _rng: random.Random) -> str:
    """The figures with their signs."""
    terms = zip(record["signs"], record["figures"], strict=True)
    return " ".join(f"{'+' if sign > 0 else '-'} {figure.value}" for sign, figure in terms).removeprefix("+ ")


def parts(item: Item) -> list[Part]:
    """Each figure, asked for with its own statement alone."""
    out = []
    for figure in item.record["figures"]:
        statement = tuple(
            other._replace(statement=0) for other in item.record["statements"][figure.statement]
        )
        wanted = figure._replace(statement=0)
        record = {"difficulty": 0, "statements": [statement], "figures": [wanted], "signs": [1]}
        context = (item.context[figure.statement],)
        out.append(
            Part("ledger", Item("", single(figure), str(figure.value), context=context, record=record))
        )
    return out


def merge(record: Mapping[str, Any], answers: list[str], rng: random.Random, writer: Writer) -> str:
    """The sum of what was found."""
    backward, one_by_one, listed = rng.random() < 0.3, rng.random() < 0.5, rng.random() < 0.3
    if listed or len(answers) == 1:
        answers = [writer.step(_LETTERS[i], "", answer) for i, answer in enumerate(answers)]
    return _whole([int(answer) for answer in answers], record["signs"], backward, one_by_one, writer)


def passages(item: Item) -> list[int]:
    """The numbers of the passages that hold a figure that is asked for, from 1 on."""
    return sorted({figure.statement + 1 for figure in item.record["figures"]})
