"""The form ``number``: one number, however it is written."""

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
    denials are no number. A percent sign is a unit, as the scripts of GSM8K and MATH have it: ``20%`` is
    ``20``.

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

    >>> [same_number(a, b) for a, b in (("10^3", "1,000"), ("6!", "6"), ("20%", "20"), ("20%", "0.2"))]
    [True, False, True, False]
    """
    left, right = parse_numeral(a), parse_numeral(b)
    if left is None or right is None:
        return False
    return _close(left.value, right.value, tolerance)


def same_share(a: str, b: str, tolerance: Fraction = TOLERANCE) -> bool:
    """Whether one is a percentage, and the other the same share as a number below 1.

    >>> [same_share(a, b) for a, b in (("20%", "0.2"), ("1/4", "25 percent"), ("20%", "20"), ("150%", "1.5"))]
    [True, True, False, False]
    """
    left, right = parse_numeral(a), parse_numeral(b)
    if left is None or right is None or left.percent == right.percent:
        return False
    share, plain = (left, right) if left.percent else (right, left)
    return abs(plain.value) < 1 and _close(share.value / 100, plain.value, tolerance)


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
