"""The modules that generated repositories are made of: source text with constants, and inputs to try."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

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


_FUNCTIONS: dict[str, dict[str, Arguments]] = {
    "prices": {
        "with_tax": lambda r: (r.randint(0, 9_000),),
        "bulk_price": lambda r: (r.randint(1, 900), r.randint(1, 40)),
    },
    "calendar_days": {
        "is_leap": lambda r: (r.choice([1900, 2000, 2023, 2024, 2100, 1996, r.randint(1800, 2200)]),),
        "day_of_year": lambda r: (r.choice([1900, 2000, 2023, 2024]), r.randint(1, 12), r.randint(1, 28)),
    },
    "titles": {"slug": lambda r: (_words(r),), "initials": lambda r: (_words(r), r.randint(1, 5))},
    "lists": {
        "chunks": lambda r: (_numbers(0, 9, 9)(r), r.randint(1, 4)),
        "running_highs": lambda r: (_numbers(-9, 9, 7)(r),),
    },
    "grades": {
        "grade": lambda r: (r.randint(0, 40), r.choice([40, 50])),
        "passed": lambda r: ([r.choice("ABCDF") for _ in range(r.randint(0, 6))],),
    },
    "parcels": {
        "rate": lambda r: (r.choice([100 * r.randint(1, 25), r.randint(1, 2600)]),),
        "girth": lambda r: (r.randint(1, 90), r.randint(1, 90), r.randint(1, 90)),
    },
    "runs": {
        "encode_runs": lambda r: ("".join(r.choice("aab") for _ in range(r.randint(0, 9))),),
        "longest_run": lambda r: ("".join(r.choice("xxy") for _ in range(r.randint(0, 9))),),
    },
    "spans": {"merge_spans": lambda r: (_spans(r),), "covered": lambda r: (_spans(r),)},
    "stock": {
        "apply_moves": lambda r: (_stock(r), [(r.choice("abcd"), r.randint(-6, 6)) for _ in range(4)]),
        "to_order": lambda r: (_stock(r), r.randint(1, 6)),
    },
    "durations": {
        "minutes": lambda r: (r.choice(["", f"{r.randint(1, 9)}h"]) + f"{r.randint(1, 59)}m",),
        "show_minutes": lambda r: (r.choice([60 * r.randint(0, 3), r.randint(1, 300)]),),
    },
    "grid": {"turn": lambda r: (_square(r),), "diagonal_gap": lambda r: (_square(r),)},
    "seats": {
        "seat_name": lambda r: (r.randint(0, 60),),
        "free_pairs": lambda r: (sorted(r.sample(range(14), r.randint(2, 6))), r.randint(8, 16)),
    },
}


def _sources() -> dict[str, str]:
    """The text of each module, by its name, out of the file beside this one."""
    text = (files(__package__) / "modules.txt").read_text(encoding="utf-8")
    parts = [part.partition("\n") for part in re.split(r"^== ", text, flags=re.MULTILINE)[1:]]
    return {name: source for name, _, source in parts}


def _spans(rng: random.Random) -> list[tuple[int, int]]:
    starts = [rng.randint(0, 20) for _ in range(rng.randint(0, 5))]
    return [(start, start + rng.randint(1, 6)) for start in starts]


def _stock(rng: random.Random) -> dict[str, int]:
    return {name: rng.randint(0, 8) for name in rng.sample("abcd", rng.randint(1, 4))}


def _square(rng: random.Random) -> list[list[int]]:
    size = rng.randint(2, 4)
    return [[rng.randint(0, 9) for _ in range(size)] for _ in range(size)]


MODULES = tuple(Module(name, source, _FUNCTIONS[name]) for name, source in _sources().items())
