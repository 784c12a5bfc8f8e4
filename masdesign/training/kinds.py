"""Kinds that problems are sorted into: easy or hard, what it is about, what the answer looks like."""

import random
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from masdesign.tasks.families.shuffled_objects import needed
from masdesign.types import Item

_KINDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
EASY_SIZES: dict[str, int] = _KINDS["easy_sizes"]
"""The largest `size` of an easy problem; twice that is the largest of a middling one."""
_LEVELS: list[list[str]] = _KINDS["levels"]
_LEVEL_NOTES: dict[str, list[str]] = _KINDS["level_notes"]
_TOPICS: dict[str, list[tuple[str, list[str]]]] = _KINDS["topics"]
_ANSWERS: dict[str, list[str]] = _KINDS["answers"]
_EXPERTS: dict[str, tuple[list[str], list[str]]] = _KINDS["experts"]
_TEAM: list[tuple[str, str]] = _KINDS["team"]
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
        right = next(name for name, (members, _) in _EXPERTS.items() if family in members)
    elif style < 0.96:
        notes = dict.fromkeys(_ANSWERS, "what the answer looks like")
        right = next(name for name, members in _ANSWERS.items() if family in members)
    else:
        team = rng.sample(_TEAM, rng.randint(2, 4))
        return [f"{name}: {note}" if described else name for name, note in team], team[0][0]
    labels = [f"{name}: {note}" if described else name for name, note in notes.items()]
    rng.shuffle(labels)
    return labels, right


def _by_size(family: str, item: Item, rng: random.Random) -> tuple[list[str], str]:
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
