"""True or False expressions, as BIG-Bench Hard's boolean_expressions.

Difficulty d joins parts with ``and`` and ``or``: 2 to 4 truth values in all at 1 (the public size), then
d parts or one more, each a bracket of 2 to 4 values that may hold a bracket of its own.
"""

import random
from typing import Any

from masdesign.types import Item

NAME = "boolean"
VERSION = 1
DESCRIPTION = "Evaluate an expression of True, False, and, or, not and brackets."
METRIC = "exact"
CHANCE = 0.5
DEFAULT_DIFFICULTY = 3


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record["parts"]`` holds the operands of the topmost and/or, as text."""
    wanted = rng.random() < 0.5
    while True:
        parts, joins = _public(rng) if difficulty <= 1 else _long(rng, difficulty)
        if value(join(parts, joins)) is wanted:
            break
    record: dict[str, Any] = {"difficulty": difficulty, "parts": parts, "joins": joins}
    return Item("", f"{join(parts, joins)} is", str(wanted), record=record)


def join(parts: list[str], joins: list[str]) -> str:
    """``parts`` with ``joins`` between them.

    >>> join(["True", "not False"], ["or"])
    'True or not False'
    """
    return parts[0] + "".join(f" {j} {p}" for j, p in zip(joins, parts[1:], strict=True))


def value(text: str) -> bool:
    """The value of an expression of this family's words.

    >>> value("True and not ( False or True )")
    False
    """
    cached = _VALUES.get(text)
    if cached is None:
        cached = bool(eval(text, {"__builtins__": {}}))  # noqa: S307 - the text is made by this module alone
        if len(_VALUES) < 200_000:
            _VALUES[text] = cached
    return cached


_VALUES: dict[str, bool] = {}


def _leaf(rng: random.Random) -> str:
    return rng.choice(("", "", "not ", "not not ")) + rng.choice(("True", "False"))


def _bracket(rng: random.Random, size: int, depth: int) -> str:
    parts: list[str] = []
    while size > 0:
        inner = rng.randint(2, size) if depth and size > 2 and rng.random() < 0.4 else 1
        parts.append(_leaf(rng) if inner == 1 else _bracket(rng, inner, depth - 1))
        size -= inner
    body = join(parts, [rng.choice(("and", "or")) for _ in parts[1:]])
    return rng.choice(("", "", "not ")) + f"( {body} )"


def _public(rng: random.Random) -> tuple[list[str], list[str]]:
    parts, left = [], rng.randint(2, 4)
    while left > 0:
        size = min(left, rng.choice((1, 1, 2)))
        bare = size == 1 and rng.random() < 0.7
        parts.append(_leaf(rng) if bare else _bracket(rng, size, 1))
        left -= size
    return parts, [rng.choice(("and", "or")) for _ in parts[1:]]


def _long(rng: random.Random, difficulty: int) -> tuple[list[str], list[str]]:
    parts = [_bracket(rng, rng.randint(2, 4), 1) for _ in range(difficulty + rng.randint(0, 1))]
    return parts, [rng.choice(("and", "or")) for _ in parts[1:]]
