"""The form ``number``: one number, however it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from masdesign.tasks.forms._numerals import Numeral, leading_numeral
from masdesign.tasks.replies import find_statement

TOLERANCE = Fraction(1, 10**6)
"""Largest relative error of a number that is not whole; of a whole one the largest error."""


class Number:
    """One number, compared by value: ``1/2`` is ``0.5``, ``$1,200.00`` is ``1200``.

    Read is the number that the answer leads with, or the only one in it; alternatives, ranges, bounds and
    denials are no number. A percentage is equal to its figure, and to its share.

    >>> Number().read("Answer: 18 dollars a day, 7 days a week", ()), Number().equal("3 1/2", "3.5")
    ('18', True)
    """

    name = "number"

    def instruction(self, labels: Sequence[str]) -> str:
        return "Give the answer on the last line: Answer: ..."  # as for a line: templates say it themselves

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        stated = find_statement(reply)
        numeral = parse_numeral(stated.line) if stated is not None else None
        return numeral.text if numeral is not None else None

    def equal(self, a: str, b: str) -> bool:
        return same_number(a, b)

    def schema(self) -> Mapping[str, Any] | None:
        return {"type": "object", "properties": {"answer": {"type": "number"}}, "required": ["answer"]}


NUMBER = Number()


def same_number(a: str, b: str, tolerance: Fraction = TOLERANCE) -> bool:
    """Whether two texts state the same number.

    >>> same_number("10^3", "1,000"), same_number("6!", "6"), same_number("20%", "20")
    (True, False, True)
    """
    left, right = parse_numeral(a), parse_numeral(b)
    if left is None or right is None:
        return False
    return any(_close(x, y, tolerance) for x in _readings(left, right) for y in _readings(right, left))


def _readings(numeral: Numeral, other: Numeral) -> tuple[Fraction, ...]:
    """The values that a numeral may have beside another: a percentage beside a plain number has two."""
    if numeral.percent and not other.percent:
        return numeral.value, numeral.value / 100
    return (numeral.value,)


def _close(a: Fraction, b: Fraction, tolerance: Fraction) -> bool:
    if a == b:
        return True
    if a.denominator == 1 and b.denominator == 1:
        return abs(a - b) <= tolerance * min(abs(a), abs(b)) and tolerance > TOLERANCE
    whole = a.denominator == 1 or b.denominator == 1
    return abs(a - b) <= (tolerance if whole and tolerance <= TOLERANCE else tolerance * max(abs(a), abs(b)))


@lru_cache(4096)
def parse_numeral(text: str) -> Numeral | None:
    """The number that a text states, or ``None``.

    >>> parse_numeral("minus 5 degrees").value
    Fraction(-5, 1)
    """
    return leading_numeral(text)
