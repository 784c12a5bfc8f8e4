"""Who lies, when each speaks of the one before? As BIG-Bench Hard's web_of_lies.

Difficulty d has 4 d + 1 people in a chain (1: five, the public size); from 2 on, sentences that say
nothing of truth stand between.
"""

import random

from masdesign.types import Item

NAME = "truth_tellers"
VERSION = 1
DESCRIPTION = "Say whether the last person of a chain of claims tells the truth."
METRIC = "exact"
CHANCE = 0.5
DEFAULT_DIFFICULTY = 2

PEOPLE = tuple(
    """
    Ada Adam Agnes Alan Albert Alice Amy Anna Anton Arthur Ben Bella Boris Bruno Carl Carla Cecil Chloe
    Clara Colin Cora Daisy Dan David Diana Doris Dora Edgar Edith Ella Elsa Emil Emma Eric Erna Ethan
    Eva Felix Fiona Flora Frank Fred Frieda George Gina Grace Greta Hans Harry Hazel Helen Henry Hilda
    Hugo Ida Igor Ines Iris Isaac Ivan Jack Jane Jasper Joan John Jonas Julia June Karl Kate Kevin Klara
    Lars Laura Leo Lena Lily Linda Lisa Louis Lucy Lukas Mabel Marco Maria Mark Martha Max Mia Miles
    Mona Nadia Neil Nina Nora Olga Oliver Oscar Otto Pam Paul Paula Peter Petra Philip Quinn Ralph Rita
    Robert Rosa Roy Ruby Ruth Sam Sara Simon Sofia Stella Susan Tara Theo Thomas Tim Tina Tom Ulla Vera
    Victor Viola Walter Wanda Will Xenia Yara Yves Zoe
    """.split()  # noqa: SIM905
)
_ASIDES = (
    "likes tea.", "waves to {}.", "lives next to {}.", "is older than {}.", "plays chess.", "thanks {}.",
)  # fmt: skip


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record`` holds the people in order, and for each whether the sentence says "lies"."""
    count = 4 * difficulty + 1 if difficulty else rng.randint(2, 4)
    people = _people(rng, count)
    lies = [rng.random() < 0.5 for _ in people]
    sentences = claims(people, lies)
    if difficulty >= 2:
        for _ in range(rng.randint(0, count // 4)):
            aside = rng.choice(_ASIDES).format(rng.choice(people))
            sentences.insert(rng.randint(1, len(sentences)), f"{rng.choice(people)} {aside}")
    record = {"difficulty": difficulty, "people": people, "lies": lies}
    return Item("", question(sentences, people[-1]), "No" if sum(lies) % 2 else "Yes", record=record)


def claims(people: list[str], lies: list[bool]) -> list[str]:
    """The sentences of a chain.

    >>> claims(["Ada", "Ben"], [True, False])
    ['Ada lies.', 'Ben says Ada tells the truth.']
    """
    statements = ["lies" if lie else "tells the truth" for lie in lies]
    rest = zip(people[1:], people, statements[1:], strict=False)
    return [
        f"{people[0]} {statements[0]}.",
        *(f"{speaker} says {about} {claim}." for speaker, about, claim in rest),
    ]


def question(sentences: list[str], person: str) -> str:
    """The sentences, and whom the question is about."""
    return f"Question: {' '.join(sentences)} Does {person} tell the truth?"


def _people(rng: random.Random, count: int) -> list[str]:
    """Distinct names; in one item of five, every second one is made up."""
    if rng.random() >= 0.2 and count <= len(PEOPLE):
        return rng.sample(PEOPLE, count)
    names: dict[str, None] = {}
    while len(names) < count:
        names[_made_up(rng) if rng.random() < 0.5 else rng.choice(PEOPLE)] = None
    return list(names)


def _made_up(rng: random.Random) -> str:
    syllables = rng.randint(1, 3)
    name = "".join(rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") for _ in range(syllables))
    return (name + rng.choice(("", "", "l", "n", "r", "s", "t"))).capitalize()
