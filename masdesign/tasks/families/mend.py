"""Correct a sheet of figures until its tests pass.

Difficulty d has d wrong entries (0: one) among d + 3 (`masdesign.environments.mend`). Made for acting on what
a test says; a smaller kin of `repair`, whose modules no small model can read.
"""

import random

from masdesign.environments.mend import MEND as ENVIRONMENT
from masdesign.tasks.families._names import made_up_names
from masdesign.types import Item

NAME = "mend"
VERSION = 1
DESCRIPTION = "Correct the figures of a sheet so that its tests pass."
METRIC = "outcome"
CHANCE = 0.0
DEFAULT_DIFFICULTY = 2
MODEL = "abacus:3"

__all__ = ["ENVIRONMENT"]


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; its record has the ``entries`` as they are, and the ``rules`` of the tests."""
    faults = max(1, difficulty)
    names = made_up_names(rng, faults + 3)
    bases, tested = names[: -faults - 1], names[-faults - 1 :]
    entries = {name: rng.randint(10, 60) for name in bases}
    rules = [(name, rng.choice(bases), rng.choice((-1, 1)) * rng.randint(1, 9)) for name in tested]
    wrong = rng.sample(tested, faults)
    for name, other, more in rules:
        change = rng.choice([c for c in range(-9, 10) if c]) if name in wrong else 0
        entries[name] = entries[other] + more + change
    text = f"Correct the sheet of {', '.join(sorted(names))}, so that its tests pass."
    return Item(
        "",
        text,
        (),
        record={"difficulty": difficulty, "entries": entries, "rules": [list(rule) for rule in rules]},
    )
