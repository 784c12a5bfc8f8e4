"""Problems of several kinds, each of which another procedure suits best.

An item is one of another family: a sum in brackets (which a program gets right), a figure to be found in a
passage (which needs no steps), a list to be counted, a chain of claims. Difficulty d makes the sums and the
lists of difficulty d. Made for routing; the control is `boolean`, all of one kind.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from masdesign.tasks.families import arithmetic, ledger, object_counting, truth_tellers
from masdesign.types import Item

NAME = "mixed"
VERSION = 1
DESCRIPTION = "Solve problems of several kinds, each of which needs a procedure of its own."
METRIC = "exact"
CHANCE = 0.14
DEFAULT_DIFFICULTY = 1
MODEL = "abacus:3"

KINDS: dict[str, Callable[[random.Random, int], Item]] = {
    "arithmetic": arithmetic.generate,
    "ledger": lambda rng, _difficulty: ledger.generate(rng, 0),
    "object_counting": object_counting.generate,
    "truth_tellers": lambda rng, _difficulty: truth_tellers.generate(rng, 2),
}


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record["kind"]`` is the family that it is of."""
    kind = rng.choice(list(KINDS))
    item = KINDS[kind](rng, difficulty)
    return replace(item, record={**item.record, "kind": kind, "difficulty": difficulty})
