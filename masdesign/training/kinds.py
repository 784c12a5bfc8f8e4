"""Kinds that problems are sorted into: easy or hard, what it is about, what the answer looks like."""

import random
from collections.abc import Mapping
from typing import Any

from masdesign.tasks.families.shuffled_objects import needed
from masdesign.types import Item

EASY_SIZES = {
    "arithmetic": 4,
    "boolean": 9,
    "navigate": 5,
    "truth_tellers": 5,
    "object_counting": 6,
    "shuffled_objects": 1,
    "ledger": 2,
}
"""The largest `size` of an easy problem; twice that is the largest of a middling one."""
_LEVELS = (
    ("easy", "hard"),
    ("easy", "hard"),
    ("simple", "complex"),
    ("short", "long"),
    ("easy", "medium", "hard"),
    ("small", "medium", "large"),
)
_LEVEL_NOTES = {
    "easy": ("few steps", "can be answered at once"),
    "simple": ("few steps", "few parts"),
    "short": ("little to read", "few parts"),
    "small": ("few parts",),
    "medium": ("some steps", "in between"),
    "hard": ("many steps", "needs careful work"),
    "complex": ("many steps", "many parts"),
    "long": ("much to read", "many parts"),
    "large": ("many parts",),
}
_TOPICS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "arithmetic": (
        ("arithmetic", ("sums and products in brackets", "work out an expression of numbers")),
        ("calculation", ("plus, minus and times",)),
        ("math", ("an expression of numbers",)),
    ),
    "boolean": (
        ("boolean", ("True, False, and, or, not", "an expression of True and False")),
        ("logic", ("is an expression True or False",)),
    ),
    "navigate": (
        ("navigate", ("steps and turns", "does a walk lead back to the start")),
        ("walk", ("steps left, right, forward and backward",)),
        ("space", ("where do the steps lead",)),
    ),
    "truth_tellers": (
        ("truth", ("who lies and who tells the truth", "people who speak of each other")),
        ("claims", ("does the last person tell the truth",)),
    ),
    "object_counting": (
        ("counting", ("how many things of one kind", "count the things in a list")),
        ("list", ("how many fruits, animals or objects",)),
    ),
    "shuffled_objects": (
        ("swaps", ("who has what after some swaps", "people who trade things")),
        ("tracking", ("follow who holds what",)),
    ),
    "ledger": (
        ("lookup", ("find figures in passages", "figures of companies and quarters")),
        ("reading", ("the numbers stand in passages",)),
        ("finance", ("sales, costs and debts of companies",)),
    ),
}
_ANSWERS = {
    "number": ("arithmetic", "object_counting", "ledger"),
    "truth value": ("boolean",),
    "yes or no": ("navigate", "truth_tellers"),
    "option": ("shuffled_objects",),
}

_EXPERTS = {
    "mathematician": ("arithmetic", ("numbers and equations", "sums and products")),
    "logician": ("boolean truth_tellers", ("what follows from what", "true and false")),
    "reader": ("ledger shuffled_objects", ("facts in a text", "finds what a text says")),
    "teacher": ("object_counting navigate", ("everyday problems", "things and places")),
}
_TEAM = (
    ("solver", "solves the problem"),
    ("critic", "finds mistakes and corrects them"),
    ("planner", "makes a plan"),
    ("writer", "writes the answer"),
    ("expert", "knows the field"),
    ("helper", "does what is left"),
)
"""Names that say nothing of the problem: the first one listed is taken."""


def size(family: str, record: Mapping[str, Any]) -> int:
    """How much there is to do: numbers, truth values, moves, people, things, swaps that
    matter, or figures.

    >>> size("arithmetic", {"numbers": [[1, 2], [3]]})
    3
    """
    match family:
        case "arithmetic":
            return sum(map(len, record["numbers"]))
        case "boolean":
            return sum(part.count("True") + part.count("False") for part in record["parts"])
        case "truth_tellers":
            return len(record["people"])
        case "object_counting":
            return len(record["things"])
        case "shuffled_objects":
            return len(needed(record["asked"], record["swaps"]))
        case "ledger":
            return len(record["figures"])
        case _:
            return len(record["moves"])


def is_hard(family: str, item: Item) -> bool:
    """Whether the item is larger than an easy one of its family."""
    return size(family, item.record) > EASY_SIZES[family]


def label(family: str, item: Item, rng: random.Random) -> tuple[list[str], str]:
    """Labels as a prompt lists them, in any order, and the name of the one that is right."""
    style, described = rng.random(), rng.random() < 0.5
    if style < 0.5:
        names, right = _by_size(family, item, rng)
        notes = {name: rng.choice(_LEVEL_NOTES[name]) for name in names}
    elif style < 0.8:
        notes, right = _by_topic(family, rng)
    elif style < 0.9:
        notes = {name: rng.choice(texts) for name, (_, texts) in _EXPERTS.items()}
        right = next(name for name, (members, _) in _EXPERTS.items() if family in members.split())
    elif style < 0.96:
        notes = dict.fromkeys(_ANSWERS, "what the answer looks like")
        right = next(name for name, members in _ANSWERS.items() if family in members)
    else:
        team = rng.sample(_TEAM, rng.randint(2, 4))
        return [f"{name}: {note}" if described else name for name, note in team], team[0][0]
    labels = [f"{name}: {note}" if described else name for name, note in notes.items()]
    rng.shuffle(labels)
    return labels, right


def _by_size(family: str, item: Item, rng: random.Random) -> tuple[tuple[str, ...], str]:
    names = rng.choice(_LEVELS)
    limits = (EASY_SIZES[family], 2 * EASY_SIZES[family])[: len(names) - 1]
    return names, names[sum(size(family, item.record) > limit for limit in limits)]


def _by_topic(family: str, rng: random.Random) -> tuple[dict[str, str], str]:
    others = rng.sample([name for name in _TOPICS if name != family], rng.randint(1, len(_TOPICS) - 1))
    chosen = {}
    for name in (family, *others):
        topic, notes = rng.choice(_TOPICS[name])
        chosen[name] = (topic, rng.choice(notes))
    return dict(chosen.values()), chosen[family][0]


def words() -> list[str]:
    """Every label and note."""
    notes = [(name, *texts) for name, texts in _LEVEL_NOTES.items()]
    notes += [(name, *texts) for topics in _TOPICS.values() for name, texts in topics]
    notes += [(name, *texts) for name, (_, texts) in _EXPERTS.items()]
    return [text for row in (*notes, *_TEAM, _ANSWERS) for text in row]
