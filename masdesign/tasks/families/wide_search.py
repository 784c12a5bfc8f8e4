"""Answer questions over several of two hundred documents, which are to be searched and read.

Difficulty d (0 counts as 1) asks for a chain of d + 1 documents, or for a sum over d + 1 companies; documents
grow with it (`masdesign.environments.wide_search`).
"""

import random

from masdesign.environments.wide_search import WIDE_SEARCH as ENVIRONMENT
from masdesign.environments.wide_search import make
from masdesign.types import Item

NAME = "wide_search"
VERSION = 1
DESCRIPTION = "Answer a question over several of 200 documents that no window holds."
METRIC = "numeric"
CHANCE = 0.0
DEFAULT_DIFFICULTY = 2
MODEL = "abacus:3"

__all__ = ["ENVIRONMENT"]


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; the documents are made from its record's ``seed`` and ``difficulty``."""
    seed = rng.randrange(10**9)
    case = make(seed, difficulty)
    record = {"seed": seed, "difficulty": difficulty, "documents": case.documents}
    return Item("", case.question, str(case.answer), record=record)
