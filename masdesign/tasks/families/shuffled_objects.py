"""Who has what after some swaps? As BIG-Bench Hard's tracking_shuffled_objects.

Difficulty d has 2 d + 1 people, ten at most, and 2 d + 1 swaps (1, 2, 3: the three public sizes).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from masdesign.tasks.families.truth_tellers import PEOPLE
from masdesign.types import Item

NAME = "shuffled_objects"
VERSION = 1
DESCRIPTION = "Say what one of several people holds after a series of swaps."
METRIC = "choice"
CHANCE = 0.2
DEFAULT_DIFFICULTY = 2

USUAL = ("Alice", "Bob", "Claire", "Dave", "Eve", "Fred", "Gertrude")
"""The people of the public files, in their order."""
LETTERS = "ABCDEFGHIJ"
_MOST = len(LETTERS)
_COLOURS = ("black", "blue", "brown", "green", "orange", "pink", "purple", "red", "white", "yellow")


@dataclass(frozen=True, slots=True)
class Scene:
    """The wording of one kind of swaps; ``{}`` stands for people and things."""

    opening: str
    holds: str
    going_on: str
    swap: str
    asked: str
    things: tuple[str, ...]


SCENES = (
    Scene(
        "{} are playing a game. At the start of the game, they are each holding a ball: ",
        "{} has a {}",
        "As the game progresses, pairs of players trade balls.",
        "{} and {} swap balls.",
        "At the end of the game, {} has the",
        tuple(f"{colour} ball" for colour in _COLOURS),
    ),
    Scene(
        "{} are holding a white elephant gift exchange. At the start of the event, "
        "they are each holding a present of a different color: ",
        "{} has a {}",
        "As the event progresses, pairs of people swap gifts.",
        "{} and {} swap their gifts.",
        "At the end of the event, {} has the",
        tuple(f"{colour} present" for colour in _COLOURS),
    ),
    Scene(
        "{} are on the same team in a soccer match. At the start of the match, "
        "they are each assigned to a position: ",
        "{} is playing {}",
        "As the game progresses, pairs of players occasionally swap positions.",
        "{} and {} trade positions.",
        "At the end of the match, {} is playing",
        (
            *(f"{side} {part}" for side in ("left", "right") for part in ("midfielder", "winger")),
            *("benchwarmer", "center midfielder", "cheerleader", "fullback", "goalkeeper", "striker"),
        ),
    ),
    Scene(
        "{} are dancers at a square dance. At the start of a song, they each have a partner: ",
        "{} is dancing with {}",
        "Throughout the song, the dancers often trade partners.",
        "{} and {} switch partners.",
        "At the end of the dance, {} is dancing with",
        ("Helga", "Izzi", "Jamie", "Karl", "Lola", "Melissa", "Ophelia", "Patrick", "Rodrigo", "Sam"),
    ),
    Scene(
        "{} are friends and avid readers who occasionally trade books. "
        "At the start of the semester, they each buy one new book: ",
        "{} gets {}",
        "As the semester proceeds, they start trading around the new books.",
        "{} and {} swap books.",
        "At the end of the semester, {} has",
        (
            *("Catch-22", "Frankenstein", "Hound of the Baskervilles", "Lolita", "Moby Dick"),
            *("The Fellowship of the Ring", "The Great Gatsby", "The Odyssey", "The Pearl", "Ulysses"),
        ),
    ),
)


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record`` holds people, their things at the start, the swaps, and who is asked about."""
    count = min(_MOST, 2 * difficulty + 1) if difficulty else rng.randint(2, 3)
    swaps = 2 * difficulty + 1 if difficulty else rng.randint(1, 2)
    scene = rng.randrange(len(SCENES))
    if count <= len(USUAL) and rng.random() < 0.5:
        people = list(USUAL[:count])
    else:
        people = rng.sample([name for name in PEOPLE if name not in SCENES[scene].things], count)
    record: dict[str, Any] = {
        "difficulty": difficulty,
        "scene": scene,
        "people": people,
        "things": rng.sample(SCENES[scene].things, count),
        "swaps": [rng.sample(people, 2) for _ in range(swaps)],
        "asked": rng.choice(people),
        "options": True,
    }
    letter = LETTERS[people.index(origin(record["asked"], record["swaps"]))]
    choices = tuple(f"({a}) {thing}" for a, thing in zip(LETTERS, record["things"], strict=False))
    return Item("", question(record), f"({letter})", choices=choices, record=record)


def origin(person: str, swaps: Sequence[Sequence[str]]) -> str:
    """Who had at the start what the person has at the end.

    >>> origin("Bob", [("Ada", "Eve"), ("Ada", "Bob")])
    'Eve'
    """
    for pair in reversed(swaps):
        if person in pair:
            person = pair[1 - list(pair).index(person)]
    return person


def needed(person: str, swaps: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The swaps that decide what the person has at the end.

    >>> needed("Bob", [("Ada", "Eve"), ("Ada", "Bob"), ("Ada", "Eve")])
    [('Ada', 'Eve'), ('Ada', 'Bob')]
    """
    kept: list[Sequence[str]] = []
    for pair in reversed(swaps):
        if person in pair:
            person = pair[1 - list(pair).index(person)]
            kept.insert(0, pair)
    return kept


def question(record: Mapping[str, Any]) -> str:
    """The text of the item with these ``record``."""
    scene, people, swaps = SCENES[record["scene"]], record["people"], record["swaps"]
    held = [scene.holds.format(*pair) for pair in zip(people, record["things"], strict=True)]
    order = ["First", *["Then"] * (len(swaps) - 2), "Finally"][: len(swaps)]
    swapped = [f"{word}, {scene.swap.format(*pair)}" for word, pair in zip(order, swaps, strict=True)]
    start = f"{scene.opening.format(_join_words(people))}{_join_words(held)}."
    return f"{start}\n{' '.join([scene.going_on, *swapped, scene.asked.format(record['asked'])])}"


def without_options(item: Item) -> Item:
    """The same item without its options: the target is the thing's own text."""
    thing = item.choices[LETTERS.index(item.target[1])].partition(" ")[2]
    return replace(item, targets=thing, choices=(), record={**item.record, "options": False})


def _join_words(texts: Sequence[str]) -> str:
    """
    >>> _join_words(["a", "b"]), _join_words(["a", "b", "c"])
    ('a and b', 'a, b, and c')
    """
    return f"{', '.join(texts[:-1])}, and {texts[-1]}" if len(texts) > 2 else " and ".join(texts)
