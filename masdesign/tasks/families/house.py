"""Bring things where they belong, in a house that is to be explored: goals of several steps.

Difficulty d has d goals (0: one) in d + 3 rooms; from 2 on a place is locked. See
`masdesign.environments.house`.
"""

import random
from dataclasses import asdict

from masdesign.environments.house import HOUSE as ENVIRONMENT
from masdesign.environments.house import make, task_of
from masdesign.types import Item

NAME = "house"
VERSION = 1
DESCRIPTION = "Bring things where they belong, in a house with closed and locked places."
METRIC = "outcome"
CHANCE = 0.0
DEFAULT_DIFFICULTY = 2
MODEL = "abacus:3"

__all__ = ["ENVIRONMENT"]


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record["world"]`` is the house."""
    world = make(rng, difficulty)
    return Item("", task_of(world), (), record={"world": asdict(world), "difficulty": difficulty})
