"""The modules that generated repositories are made of: source text with constants, and inputs to try."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

Arguments = Callable[[random.Random], tuple[object, ...]]
"""Draws the arguments of one call."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module: its name, its source with ``{a}``, ``{b}``, ``{c}`` for constants, its public functions.

    Functions have no unbounded loop, so that a changed one ends too; no two modules share a name.
    """

    name: str
    source: str
    functions: dict[str, Arguments]


def _numbers(low: int, high: int, most: int) -> Callable[[random.Random], list[int]]:
    return lambda rng: [rng.randint(low, high) for _ in range(rng.randint(0, most))]


def _words(rng: random.Random) -> str:
    words = ("River", "stone", "the", "Old", "mill", "of", "green", "Oak", "north", "gate")
    return " ".join(rng.choice(words) for _ in range(rng.randint(1, 6)))


MODULES = (
    Module(
        "prices",
        '''"""Prices in cents."""


def with_tax(net):
    """The price with {a} per cent of tax, rounded down."""
    return net + net * {a} // 100


def bulk_price(price, count):
    """The price of several: from {b} pieces on, {c} per cent less."""
    total = price * count
    if count >= {b}:
        total -= total * {c} // 100
    return total
''',
        {
            "with_tax": lambda r: (r.randint(0, 9_000),),
            "bulk_price": lambda r: (r.randint(1, 900), r.randint(1, 40)),
        },
    ),
    Module(
        "calendar_days",
        '''"""Days of the year."""


def is_leap(year):
    """Whether a year has 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def day_of_year(year, month, day):
    """The number of a day, counted from 1."""
    lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    total = sum(lengths[: month - 1]) + day
    if month > 2 and is_leap(year):
        total += 1
    return total
''',
        {
            "is_leap": lambda r: (r.choice([1900, 2000, 2023, 2024, 2100, 1996, r.randint(1800, 2200)]),),
            "day_of_year": lambda r: (r.choice([1900, 2000, 2023, 2024]), r.randint(1, 12), r.randint(1, 28)),
        },
    ),
    Module(
        "titles",
        '''"""Titles of texts."""


def slug(title):
    """Lower case, words joined by hyphens, at most {b} characters."""
    return "-".join(title.lower().split())[:{b}].rstrip("-")


def initials(title, least):
    """The first letters of all words that have at least so many letters, in upper case."""
    return "".join(word[0].upper() for word in title.split() if len(word) >= least)
''',
        {"slug": lambda r: (_words(r),), "initials": lambda r: (_words(r), r.randint(1, 5))},
    ),
    Module(
        "lists",
        '''"""Lists of numbers."""


def chunks(values, size):
    """Pieces of so many values each; the last may be shorter."""
    return [values[i : i + size] for i in range(0, len(values), size)]


def running_highs(values):
    """The greatest value so far, at every place."""
    highs = []
    for value in values:
        if not highs or value > highs[-1]:
            highs.append(value)
        else:
            highs.append(highs[-1])
    return highs
''',
        {
            "chunks": lambda r: (_numbers(0, 9, 9)(r), r.randint(1, 4)),
            "running_highs": lambda r: (_numbers(-9, 9, 7)(r),),
        },
    ),
    Module(
        "grades",
        '''"""Marks of an examination."""


def grade(points, most):
    """A from 90 per cent of the points on, B from 75, C from 60, D from 45 + {a}; F below."""
    share = 100 * points // most
    for letter, least in [("A", 90), ("B", 75), ("C", 60), ("D", 45 + {a})]:
        if share >= least:
            return letter
    return "F"


def passed(marks):
    """How many marks are not F."""
    return len([mark for mark in marks if mark != "F"])
''',
        {
            "grade": lambda r: (r.randint(0, 40), r.choice([40, 50])),
            "passed": lambda r: ([r.choice("ABCDF") for _ in range(r.randint(0, 6))],),
        },
    ),
    Module(
        "parcels",
        '''"""What a parcel costs to send."""


def rate(grams):
    """{b}0 cents; above {a}00 grams 50 more; above 2000 grams 1 more for each gram over."""
    cost = {b}0
    if grams > {a}00:
        cost += 50
    if grams > 2000:
        cost += grams - 2000
    return cost


def girth(length, width, height):
    """The longest side and twice the two others."""
    sides = sorted([length, width, height])
    return sides[2] + 2 * (sides[0] + sides[1])
''',
        {
            "rate": lambda r: (r.choice([100 * r.randint(1, 25), r.randint(1, 2600)]),),
            "girth": lambda r: (r.randint(1, 90), r.randint(1, 90), r.randint(1, 90)),
        },
    ),
    Module(
        "runs",
        '''"""Run-length coding."""


def encode_runs(text):
    """Letters with their number in a row: aab gives a2b1."""
    pieces = []
    for letter in text:
        if pieces and pieces[-1][0] == letter:
            pieces[-1][1] += 1
        else:
            pieces.append([letter, 1])
    return "".join(letter + str(count) for letter, count in pieces)


def longest_run(text):
    """How often the letter stands in a row that does so most often."""
    best = 0
    current = 0
    for place in range(len(text)):
        if place > 0 and text[place] == text[place - 1]:
            current += 1
        else:
            current = 1
        best = max(best, current)
    return best
''',
        {
            "encode_runs": lambda r: ("".join(r.choice("aab") for _ in range(r.randint(0, 9))),),
            "longest_run": lambda r: ("".join(r.choice("xxy") for _ in range(r.randint(0, 9))),),
        },
    ),
    Module(
        "spans",
        '''"""Spans of time, as pairs of start and end."""


def merge_spans(spans):
    """Spans that touch or overlap become one; sorted."""
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def covered(spans):
    """How much is in at least one span."""
    return sum(end - start for start, end in merge_spans(spans))
''',
        {"merge_spans": lambda r: (_spans(r),), "covered": lambda r: (_spans(r),)},
    ),
    Module(
        "stock",
        '''"""What lies in store."""


def apply_moves(stock, moves):
    """Stock after moves (name, change); nothing goes below 0, and names at 0 are dropped."""
    after = dict(stock)
    for name, change in moves:
        after[name] = max(0, after.get(name, 0) + change)
    return {name: count for name, count in sorted(after.items()) if count > 0}


def to_order(stock, least):
    """Names of which fewer than so many are left, in order."""
    return sorted(name for name, count in stock.items() if count < least)
''',
        {
            "apply_moves": lambda r: (_stock(r), [(r.choice("abcd"), r.randint(-6, 6)) for _ in range(4)]),
            "to_order": lambda r: (_stock(r), r.randint(1, 6)),
        },
    ),
    Module(
        "durations",
        '''"""Durations in minutes."""


def minutes(text):
    """Read 2h30m, 45m or 3h."""
    total = 0
    digits = ""
    for sign in text:
        if sign.isdigit():
            digits += sign
        elif sign == "h":
            total += 60 * int(digits)
            digits = ""
        else:
            total += int(digits)
            digits = ""
    return total


def show_minutes(count):
    """Write 150 as 2h30m; no part that is 0, but 0m for nothing."""
    hours, rest = divmod(count, 60)
    text = (str(hours) + "h" if hours > 0 else "") + (str(rest) + "m" if rest > 0 else "")
    return text or "0m"
''',
        {
            "minutes": lambda r: (r.choice(["", f"{r.randint(1, 9)}h"]) + f"{r.randint(1, 59)}m",),
            "show_minutes": lambda r: (r.choice([60 * r.randint(0, 3), r.randint(1, 300)]),),
        },
    ),
    Module(
        "grid",
        '''"""Tables of numbers, as lists of rows."""


def turn(rows):
    """A quarter turn clockwise."""
    return [list(column) for column in zip(*rows[::-1])]


def diagonal_gap(rows):
    """The sum of one diagonal of a square less that of the other, without a sign."""
    size = len(rows)
    falling = sum(rows[i][i] for i in range(size))
    rising = sum(rows[i][size - 1 - i] for i in range(size))
    return abs(falling - rising)
''',
        {"turn": lambda r: (_square(r),), "diagonal_gap": lambda r: (_square(r),)},
    ),
    Module(
        "seats",
        '''"""Seats in a hall of rows of {c}."""


def seat_name(number):
    """Seat 0 is A1; rows have letters, and {c} seats each."""
    return chr(ord("A") + number // {c}) + str(number % {c} + 1)


def free_pairs(taken, count):
    """Numbers n below count - 1 for which n and n + 1 are free and in the same row."""
    return [
        n for n in range(count - 1)
        if n not in taken and n + 1 not in taken and n // {c} == (n + 1) // {c}
    ]
''',
        {
            "seat_name": lambda r: (r.randint(0, 60),),
            "free_pairs": lambda r: (sorted(r.sample(range(14), r.randint(2, 6))), r.randint(8, 16)),
        },
    ),
)  # fmt: skip


def _spans(rng: random.Random) -> list[tuple[int, int]]:
    starts = [rng.randint(0, 20) for _ in range(rng.randint(0, 5))]
    return [(start, start + rng.randint(1, 6)) for start in starts]


def _stock(rng: random.Random) -> dict[str, int]:
    return {name: rng.randint(0, 8) for name in rng.sample("abcd", rng.randint(1, 4))}


def _square(rng: random.Random) -> list[list[int]]:
    size = rng.randint(2, 4)
    return [[rng.randint(0, 9) for _ in range(size)] for _ in range(size)]
