"""Sums and products of small numbers in brackets, as BIG-Bench Hard's multistep_arithmetic_two.

Difficulty d has d + 1 bracketed groups of four numbers (1: two groups, the public size). Difficulty 0 is
practice: one or two groups of two or three numbers.
"""

import random
from itertools import pairwise

from masdesign.types import Item

NAME = "arithmetic"
VERSION = 1
DESCRIPTION = "Work out an expression of bracketed groups of small whole numbers."
METRIC = "numeric"
CHANCE = 0.0
DEFAULT_DIFFICULTY = 0

_LARGEST_FACTOR = 99
"""Two groups are multiplied only where both are at most this large, so that products stay at four digits."""


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record`` holds the groups' numbers and signs and the signs between groups."""
    count, sizes = (difficulty + 1, (4, 4)) if difficulty else (rng.randint(1, 2), (2, 3))
    numbers, signs = [], []
    for _ in range(count):
        size = rng.randint(*sizes)
        numbers.append([rng.randint(-9, 9) for _ in range(size)])
        signs.append([rng.choice("+-*") for _ in range(size - 1)])
    groups = [group_text(n, s) for n, s in zip(numbers, signs, strict=True)]
    values = [sum(terms(n, s)) for n, s in zip(numbers, signs, strict=True)]
    joins: list[str] = []
    for left, right in pairwise(values):
        small = max(abs(left), abs(right)) <= _LARGEST_FACTOR
        joins.append(rng.choice("+-*" if small and joins[-1:] != ["*"] else "+-"))
    question = "(" + "".join(f" {j} {g}" for j, g in zip(["", *joins], groups, strict=True)).strip() + ") ="
    record = {"difficulty": difficulty, "numbers": numbers, "signs": signs, "joins": joins}
    return Item("", question, str(sum(terms(values, joins))), record=record)


def group_text(numbers: list[int], signs: list[str]) -> str:
    """A bracketed group.

    >>> group_text([1, -2, 3], ["+", "*"])
    '(1 + -2 * 3)'
    """
    return f"({numbers[0]}" + "".join(f" {s} {n}" for s, n in zip(signs, numbers[1:], strict=True)) + ")"


def terms(numbers: list[int], signs: list[str]) -> list[int]:
    """The addends that are left when products are worked out.

    >>> terms([1, -2, 3], ["-", "*"])
    [1, 6]
    """
    out = [numbers[0]]
    for sign, number in zip(signs, numbers[1:], strict=True):
        if sign == "*":
            out[-1] *= number
        else:
            out.append(number if sign == "+" else -number)
    return out
