"""Win text games of gymnasium: cross a frozen lake, walk along a cliff, drive a taxi.

Difficulty d makes lakes of 3 + d rows (0: four); the other games have one size. See
`masdesign.environments.gym`.
"""

import random

from masdesign.environments.gym import GYM as ENVIRONMENT
from masdesign.environments.gym import task_of
from masdesign.types import Item

NAME = "text_games"
VERSION = 1
DESCRIPTION = "Win games on a board: a frozen lake, a cliff, a taxi (needs gymnasium)."
METRIC = "outcome"
CHANCE = 0.02
DEFAULT_DIFFICULTY = 2

GAMES = ("FrozenLake-v1", "FrozenLake-v1", "Taxi-v4", "CliffWalking-v1")

__all__ = ["ENVIRONMENT"]


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; its record has the game, its seed and its size."""
    game, seed = rng.choice(GAMES), rng.randrange(10**9)
    record = {"game": game, "seed": seed, "size": 3 + max(1, difficulty), "difficulty": difficulty}
    return Item("", task_of(game, seed), (), record=record)
