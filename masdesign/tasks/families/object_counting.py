"""How many fruits do I have? As BIG-Bench Hard's object_counting.

Difficulty d lists 7 d - 3 to 7 d + 3 kinds of things (1: four to ten, the public size), some of which
do not belong to what is asked for; everything is an object.
"""

import random
from typing import NamedTuple

from masdesign.types import Item

NAME = "object_counting"
VERSION = 1
DESCRIPTION = "Count the things of one kind in a list of things."
METRIC = "numeric"
CHANCE = 0.06
DEFAULT_DIFFICULTY = 2

KINDS = {
    "fruits": "apple banana blackberry grape nectarine orange peach plum raspberry strawberry "
    "cherry kiwi lemon mango melon pear",
    "vegetables": "cabbage carrot cauliflower garlic lettuce-head onion potato yam head-of-broccoli "
    "stalk-of-celery beet leek pumpkin radish turnip",
    "animals": "bear cat chicken cow dog donkey duck fish frog goat mouse pig rabbit snail snake horse",
    "musical instruments": "accordion clarinet drum flute piano trombone trumpet violin "
    "banjo cello guitar harp oboe tuba",
    "objects": "bed car chair couch fridge lamp microwave oven stove table toaster "
    "clock desk mirror radio shelf",
}
"""Things of each kind; a hyphen stands for a space."""
NUMBERS = ("no", "one", "two", "three", "four", "five")
_IRREGULAR = {"mouse": "mice", "fish": "fish", "shelf": "shelves", "mango": "mangoes", "potato": "potatoes"}


class Thing(NamedTuple):
    """One entry of the list."""

    number: int
    name: str
    """In the singular."""
    counts: bool
    """Whether it belongs to what is asked for."""

    @property
    def text(self) -> str:
        """As the list has it.

        >>> Thing(1, "head of broccoli", True).text, Thing(3, "mouse", True).text
        ('a head of broccoli', 'three mice')
        """
        if self.number == 1:
            return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"
        return f"{NUMBERS[self.number]} {plural(self.name)}"


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record["things"]`` holds the list's entries, ``record["kind"]`` what is asked for."""
    size = rng.randint(7 * difficulty - 3, 7 * difficulty + 3) if difficulty else rng.randint(2, 4)
    kind = rng.choice(list(KINDS))
    own, rest = names(kind), [other for other in KINDS if other not in (kind, "objects")]
    if difficulty <= 1:
        rest = [rng.choice(rest)]
    others = [name for other in rest for name in names(other)]
    if kind == "objects":
        wanted = min(size, len(own))
        pool = [(name, True) for name in rng.sample(own, wanted) + rng.sample(others, size - wanted)]
    else:
        wanted = min(len(own), max(1, round(size * rng.uniform(0.4, 1.0))))
        pool = [(name, True) for name in rng.sample(own, wanted)]
        pool += [(name, False) for name in rng.sample(others, size - wanted)]
    rng.shuffle(pool)
    things = [Thing(_count(rng), name, counts) for name, counts in pool]
    return item_of(kind, things, difficulty)


def item_of(kind: str, things: list[Thing], difficulty: int) -> Item:
    """The item that asks how many of the kind are in the list."""
    total = sum(thing.number for thing in things if thing.counts)
    record = {"difficulty": difficulty, "kind": kind, "things": things}
    return Item("", question(kind, things), str(total), record=record)


def question(kind: str, things: list[Thing]) -> str:
    """The list and what is asked.

    >>> question("fruits", [Thing(1, "apple", True), Thing(2, "plum", True), Thing(1, "car", False)])
    'I have an apple, two plums, and a car. How many fruits do I have?'
    """
    texts = [thing.text for thing in things]
    listed = f"{', '.join(texts[:-1])}, and {texts[-1]}" if len(texts) > 2 else " and ".join(texts)
    return f"I have {listed}. How many {kind} do I have?"


def names(kind: str) -> list[str]:
    """The things of a kind, in the singular."""
    return [name.replace("-", " ") for name in KINDS[kind].split()]


def plural(name: str) -> str:
    """More than one of a thing.

    >>> [plural(name) for name in ("cherry", "peach", "donkey", "stalk of celery")]
    ['cherries', 'peaches', 'donkeys', 'stalks of celery']
    """
    first, _, rest = name.partition(" of ")
    if name in _IRREGULAR:
        return _IRREGULAR[name]
    if first.endswith("y") and first[-2] not in "aeiou":
        first = f"{first[:-1]}ies"
    else:
        first += "es" if first.endswith(("ch", "sh")) else "s"
    return f"{first} of {rest}" if rest else first


def _count(rng: random.Random) -> int:
    return 1 if rng.random() < 0.6 else rng.randint(2, len(NUMBERS) - 1)
