"""Add figures of a register that can only be looked up, entry by entry.

Difficulty d asks for: 0 one figure; 1 the figure of an entry that another names; 2 the sum of one of each;
3 the sum of two that others name; above, the first at d - 2 steps. Made for the use of tools over several
turns; the control is `ledger`, whose figures are in the passages.
"""

import random
from collections.abc import Mapping
from typing import Any

from masdesign.environments.lookup import LOOKUP as ENVIRONMENT
from masdesign.environments.lookup import paths_of
from masdesign.tasks.families._names import made_up_names
from masdesign.types import Item

NAME = "lookup"
VERSION = 1
DESCRIPTION = "Add figures of a register that a tool looks up, one entry at a time."
METRIC = "numeric"
CHANCE = 0.0
DEFAULT_DIFFICULTY = 2
MODEL = "abacus:3"

FIGURES = ("code", "price", "weight", "age", "height", "score", "rent", "level")
LINKS = ("owner", "maker", "guide", "friend", "boss", "twin", "heir", "rival")
ENTRIES = 8
_QUESTIONS = ("What is {}?", "Find {}.", "How much is {}?", "Give {}.")

__all__ = ["ENVIRONMENT"]


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; its record has the ``entries`` and the ``terms``: names, and steps from each."""
    names = made_up_names(rng, ENTRIES)
    figures = {name: rng.randint(10, 99) for name in names}
    links = {name: rng.choice([n for n in names if n != name]) for name in names}
    hops = {0: [0], 1: [1], 2: rng.choice(([0, 1], [1, 0])), 3: [1, 1]}.get(difficulty, [difficulty - 2, 1])
    terms = [list(term) for term in zip(rng.sample(names, len(hops)), hops, strict=True)]
    record = {
        "difficulty": difficulty,
        "figure": rng.choice(FIGURES),
        "link": rng.choice(LINKS),
        "entries": {name: [figures[name], links[name]] for name in names},
        "terms": terms,
    }
    total = sum(figures[path[-1]] for path in paths_of(record))
    return Item("", question(record, rng.choice(_QUESTIONS)), str(total), record=record)


def question(record: Mapping[str, Any], form: str) -> str:
    """What is asked, in words.

    >>> question({"figure": "code", "link": "owner", "terms": [["Bamo", 1], ["Tilu", 0]]}, "Find {}.")
    'Find the code of the owner of Bamo plus the code of Tilu.'
    """
    terms: list[tuple[str, int]] = record["terms"]
    step = f"the {record['link']} of "
    return form.format(
        " plus ".join(f"the {record['figure']} of {step * hops}{name}" for name, hops in terms)
    )
