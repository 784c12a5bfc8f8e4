"""Correct the modules of a small repository whose unit tests fail; hidden tests decide.

Difficulty d has d faulty functions (0: one) in d + 1 or d + 2 modules (`masdesign.environments.repair`).
"""

import random

from masdesign.environments.repair import REPAIR as ENVIRONMENT
from masdesign.environments.repair import task_of
from masdesign.types import Item

NAME = "repair"
VERSION = 1
DESCRIPTION = "Correct the modules of a small repository so that its tests, and hidden ones, pass."
METRIC = "outcome"
CHANCE = 0.0
DEFAULT_DIFFICULTY = 1

__all__ = ["ENVIRONMENT"]


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; the repository is made from its record's ``seed`` and ``difficulty``."""
    seed = rng.randrange(10**9)
    return Item("", task_of(seed), (), record={"seed": seed, "difficulty": difficulty})
