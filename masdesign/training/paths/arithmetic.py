"""Bracketed groups: each worked out on its own (steps A, B, …), then products of groups (BC), then ``all``.

Paths differ in which group comes first, in the order of a group's terms, and in whether they are summed
at once or one by one.
"""

import random
from collections.abc import Mapping
from typing import Any

from masdesign.tasks.families.arithmetic import group_text, terms
from masdesign.training.solution import Part, Truth, Writer
from masdesign.types import Item

_LETTERS = "ABCDEFGHIJ"


def solve(record: Mapping[str, Any], rng: random.Random, writer: Writer) -> str:
    """Work out the item by a random path."""
    groups = [terms(n, s) for n, s in zip(record["numbers"], record["signs"], strict=True)]
    backward, one_by_one, last_first = rng.random() < 0.5, rng.random() < 0.5, rng.random() < 0.5
    order = range(len(groups))
    values = [0] * len(groups)
    for i in reversed(order) if last_first else order:
        values[i] = add(_LETTERS[i], groups[i], backward, one_by_one, writer)
    return _whole(values, record["joins"], backward, one_by_one, writer)


def _whole(values: list[int], joins: list[str], backward: bool, one_by_one: bool, writer: Writer) -> str:
    """The answer, once the groups are worked out."""
    if len(values) == 1:
        return str(values[0])
    addends = _multiply(values, joins, writer)
    return str(addends[0] if len(addends) == 1 else add("all", addends, backward, one_by_one, writer))


def add(label: str, addends: list[int], backward: bool, one_by_one: bool, writer: Writer) -> int:
    """A step that adds numbers, at once or one by one."""
    ordered = addends[::-1] if backward else addends
    body = [f"{x:+d}" for x in ordered]
    if one_by_one and len(ordered) > 2:
        running = ordered[0] + ordered[1]
        for at in range(2, len(ordered)):
            body[at] = f"= {running:+d} {ordered[at]:+d}"
            running += ordered[at]
    return int(writer.step(label, " ".join(body), f"{sum(addends):+d}"))


def _multiply(values: list[int], joins: list[str], writer: Writer) -> list[int]:
    """The addends once products of neighbours are worked out."""
    addends = [values[0]]
    for i, (join, value) in enumerate(zip(joins, values[1:], strict=True), 1):
        if join == "*":
            sign = -1 if joins[i - 2 : i - 1] == ["-"] else 1
            addends[-1] = sign * _product(_LETTERS[i - 1 : i + 1], values[i - 1], value, writer)
        else:
            addends.append(value if join == "+" else -value)
    return addends


def _product(label: str, left: int, right: int, writer: Writer) -> int:
    """Tens and ones of the right factor apart, where both factors have two digits."""
    body = f"{left:+d} * {right:+d}"
    if min(abs(left), abs(right)) >= 10:
        sign = 1 if right > 0 else -1
        ones = sign * (abs(right) % 10)
        body += f" = {left * (right - ones):+d} {left * ones:+d}"
    return int(writer.step(label, body, f"{left * right:+d}"))


def truth(record: Mapping[str, Any]) -> Truth:
    """Values of the groups, of the products of neighbours, and of the whole."""
    values = [sum(terms(n, s)) for n, s in zip(record["numbers"], record["signs"], strict=True)]
    values_by_letter = {_LETTERS[i]: f"{value:+d}" for i, value in enumerate(values)}
    for i, join in enumerate(record["joins"]):
        if join == "*":
            values_by_letter[_LETTERS[i : i + 2]] = f"{values[i] * values[i + 1]:+d}"
    values_by_letter["all"] = f"{sum(terms(values, record['joins'])):+d}"
    return lambda label, _given: values_by_letter.get(label)


def spoil(rng: random.Random, value: str, _meta: Mapping[str, Any]) -> str:
    """Off by a little, by ten, or of the other sign."""
    number = int(value)
    wrong = rng.choice([number + d for d in (-1, 1, -2, 2, -10, 10, 3, -3)] + [-number or 1] * 2)
    return f"{wrong:+d}"


def program(record: Mapping[str, Any], rng: random.Random) -> str:
    """The expression itself."""
    groups = [group_text(n, s) for n, s in zip(record["numbers"], record["signs"], strict=True)]
    return groups[0] + "".join(f" {j} {g}" for j, g in zip(record["joins"], groups[1:], strict=True))


def parts(item: Item) -> list[Part]:
    """The groups; a single group in two halves, where a sum stands between them."""
    numbers, signs = item.record["numbers"], item.record["signs"]
    if len(numbers) > 1:
        return [group_part(n, s) for n, s in zip(numbers, signs, strict=True)]
    sums = [at for at, sign in enumerate(signs[0], 1) if sign != "*"]
    if not sums:
        return [group_part(numbers[0], signs[0])]
    at = sums[len(sums) // 2]
    left, right = numbers[0][:at], list(numbers[0][at:])
    if signs[0][at - 1] == "-":
        right[0] = -right[0]
    return [group_part(left, signs[0][: at - 1]), group_part(right, signs[0][at:])]


def group_part(numbers: list[int], signs: list[str]) -> Part:
    """One bracketed group as a problem of its own."""
    record = {"difficulty": 0, "numbers": [numbers], "signs": [signs], "joins": []}
    return Part(
        "arithmetic",
        Item("", f"({group_text(numbers, signs)}) =", str(sum(terms(numbers, signs))), record=record),
    )


def merge(record: Mapping[str, Any], answers: list[str], rng: random.Random, writer: Writer) -> str:
    """Multiply and add what the groups came to."""
    values = [int(answer) for answer in answers]
    backward, one_by_one = rng.random() < 0.5, rng.random() < 0.5
    if len(record["numbers"]) > 1:
        return _whole(values, record["joins"], backward, one_by_one, writer)
    return str(add("A", values, backward, one_by_one, writer))
