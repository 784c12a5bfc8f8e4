"""Apply made-up operators to rows of digits: what an operator does, only examples show.

Difficulty d gives rows of three digits (0, 1), or of three and four (2); from 3 on two operators follow each
other. What each of the `OPERATORS` does is the same in every item. Made for demonstrations: a worked solution
is the result alone, so that an example shows what an operator does and does not say it. The control is
`arithmetic`, whose operators are known. In the spirit of list functions (Rule 2020) and of ARC
(arXiv:1911.01547).
"""

import random
from collections.abc import Callable, Sequence

from masdesign.tasks.families._names import made_up_names
from masdesign.types import Item

NAME = "novel"
VERSION = 2
DESCRIPTION = "Apply made-up operators to rows of digits; examples alone show what they do."
METRIC = "exact"
CHANCE = 0.05
DEFAULT_DIFFICULTY = 2
MODEL = "abacus:3"

Row = list[int]
RULES: dict[str, Callable[[Row], Row]] = {
    "reversed": lambda row: row[::-1],
    "the first": lambda row: row[:1],
    "the last": lambda row: row[-1:],
    "without the first": lambda row: row[1:],
    "without the last": lambda row: row[:-1],
    "the first again at the end": lambda row: [*row, row[0]],
    "the last again at the start": lambda row: [row[-1], *row],
    "the first two swapped": lambda row: [*row[1::-1], *row[2:]],
    "sorted": sorted,
    "the largest": lambda row: [max(row)],
    "the smallest": lambda row: [min(row)],
    "each twice": lambda row: [x for x in row for _ in range(2)],
}
"""What an operator may do, in words that follow "it gives"."""
QUESTIONS = ("What is {} of {}?", "Apply {} to {}.", "{} of {} is", "Work out {} of {}.")


def _operators() -> dict[str, str]:
    rng = random.Random("novel")
    rules = list(RULES)
    rng.shuffle(rules)
    return dict(zip((name.lower() for name in made_up_names(rng, len(rules))), rules, strict=True))


OPERATORS = _operators()
"""Each operator of the family, and what it does."""


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record`` has the ``operators``, the last one first, and the ``row``."""
    names = [rng.choice(list(OPERATORS))]
    if difficulty >= 3:  # the one before it leaves a row
        names.append(rng.choice([n for n, rule in OPERATORS.items() if len(RULES[rule]([1, 2, 3])) > 2]))
    return item_of(rng, names, [OPERATORS[name] for name in names], difficulty)


def item_of(rng: random.Random, names: Sequence[str], rules: Sequence[str], difficulty: int) -> Item:
    """The item of operators that do what the rules say, on a row that is drawn."""
    row = draw_row(rng, 3 if difficulty < 2 else rng.randint(3, 4))
    text = rng.choice(QUESTIONS).format(" of ".join(names), written(row))
    record = {"difficulty": difficulty, "operators": list(names), "rules": list(rules), "row": row}
    target = written(apply(rules, row))
    return Item("", text, target, record=record, solution=f"Answer: {target}")


def draw_row(rng: random.Random, length: int) -> Row:
    """A row of distinct digits."""
    return rng.sample(range(10), length)


def apply(rules: Sequence[str], row: Row) -> Row:
    """What comes of a row, the last rule first.

    >>> apply(["the first", "reversed"], [4, 7, 2])
    [2]
    """
    for rule in reversed(rules):
        row = RULES[rule](row)
    return row


def written(row: Row) -> str:
    """A row as questions and answers write it."""
    return " ".join(map(str, row))
