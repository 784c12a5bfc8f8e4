"""Follow facts from passage to passage: which one is needed next, the last one says.

Difficulty d follows d links (0: one) among 8 + 4 d passages of one fact each; the names come back in several
of them. Made for retrieval over several rounds; the control is `ledger`, whose figures can be found from the
question alone. After HotpotQA and MuSiQue (arXiv:1809.09600, 2108.00573), with made-up names.
"""

import random

from masdesign.tasks.families._names import made_up_names
from masdesign.tasks.families.lookup import FIGURES, LINKS
from masdesign.types import Item

NAME = "two_hop"
VERSION = 1
DESCRIPTION = "Follow facts about made-up people from passage to passage."
METRIC = "numeric"
CHANCE = 0.01
TOOLS = ("retrieval",)
DEFAULT_DIFFICULTY = 2
MODEL = "abacus:3"

Fact = tuple[str, str, str]
"""Whose, what, and its value: a name or a figure."""
_FACTS = ("The {} of {} is {}.", "The register gives as {} of {}: {}.", "As to the {} of {}, it is {}.")
_FILLER = (
    "This was entered in spring.", "The entry is old.", "Nobody has doubted it.", "It was checked twice.",
    "The page is torn.", "A clerk wrote it down.", "It came by post.", "The ink is faint.",
)  # fmt: skip


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record["path"]`` holds the facts that answer it, in order."""
    hops = max(1, difficulty)
    names = made_up_names(rng, hops + 4)
    links = [rng.choice(LINKS) for _ in range(hops)]
    path: list[Fact] = [(names[i], links[i], names[i + 1]) for i in range(hops)]
    path.append((names[hops], rng.choice(FIGURES), str(rng.randint(10, 99))))
    facts = path + _others(rng, names, path, 8 + 4 * difficulty - len(path))
    rng.shuffle(facts)
    phrase = names[0]
    for link in links:
        phrase = f"the {link} of {phrase}"
    return Item(
        "",
        f"What is the {path[-1][1]} of {phrase}?",
        path[-1][2],
        context=tuple(passage(rng, fact) for fact in facts),
        record={"difficulty": difficulty, "path": path, "facts": facts},
    )


def _others(rng: random.Random, names: list[str], path: list[Fact], count: int) -> list[Fact]:
    """Facts that distract: the same names and the same words, each pair once."""
    taken = {fact[:2] for fact in path}
    figures, facts = rng.sample(FIGURES, 3), list[Fact]()
    words = [*dict.fromkeys(fact[1] for fact in path), *rng.sample(LINKS, 3), *figures]
    while len(facts) < count:
        name, word = rng.choice(names), rng.choice(words)
        if (name, word) not in taken:
            taken.add((name, word))
            other = rng.choice([n for n in names if n != name])
            facts.append((name, word, str(rng.randint(10, 99)) if word in FIGURES else other))
    return facts


def passage(rng: random.Random, fact: Fact) -> str:
    """A fact as a passage has it, often with a sentence that does not matter."""
    name, word, value = fact
    text = rng.choice(_FACTS).format(word, name, value)
    return f"{text} {rng.choice(_FILLER)}" if rng.random() < 0.7 else text
