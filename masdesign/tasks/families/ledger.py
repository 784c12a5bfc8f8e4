"""Figures that lie in separate statements: find each, then combine them.

The context holds statements, each of its own company and quarter; the question combines figures of
different statements. The other figures and statements distract: companies, quarters and names of
figures come back in several of them. The family is made for separable parts.

Difficulty d: 0 asks for one figure of one or two statements (practice); 1 for two figures of three or
four; 2 for two to four figures of three to six; above, d + 3 to d + 5 statements (ten at most) and three
or four figures.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from masdesign.types import Item

NAME = "ledger"
VERSION = 1
DESCRIPTION = "Combine figures that stand in separate statements of companies and quarters."
METRIC = "numeric"
CHANCE = 0.0
TOOLS = ("retrieval",)
DEFAULT_DIFFICULTY = 2

COMPANIES = (
    "Acme", "Alba", "Argo", "Aster", "Axon", "Banyan", "Basalt", "Birch", "Borealis", "Cedar", "Cobalt",
    "Comet", "Coral", "Delta", "Dune", "Ember", "Falcon", "Fjord", "Gamma", "Garnet", "Glacier", "Harbor",
    "Heron", "Indigo", "Juniper", "Kestrel", "Lagoon", "Larch", "Lumen", "Maple", "Meteor", "Nimbus",
    "Nova", "Onyx", "Orbit", "Osprey", "Pebble", "Quartz", "Raven", "Saturn", "Sierra", "Sparrow", "Summit",
    "Tango", "Terra", "Topaz", "Umbra", "Vega", "Willow", "Zephyr",
)  # fmt: skip
FIGURES = ("sales", "costs", "debts", "wages", "orders", "taxes", "rents", "loans", "gains", "fees")
QUARTERS = (1, 2, 3, 4)

_STATEMENTS = (
    ("{company}, Q{quarter}: {figures}.", "{name} {value}", ", "),
    ("{company} in Q{quarter}: {figures}.", "{name} {value}", ", "),
    ("Q{quarter} of {company}: {figures}.", "{name} {value}", ", "),
    ("In Q{quarter} {company} had {figures}.", "{name} of {value}", " and "),
)
"""Sentence, one figure, and what stands before the last figure."""


class Figure(NamedTuple):
    """One figure of one statement; that statement's number is counted from 0."""

    company: str
    quarter: int
    name: str
    value: int
    statement: int


Statement = tuple[Figure, ...]


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record`` holds the statements, the figures wanted and their signs, in its order."""
    count = _count(rng, difficulty)
    statements = _statements(rng, count, difficulty)
    passages = tuple(passage(rng, statement) for statement in statements)
    return asked(rng, statements, passages, difficulty)


def asked(
    rng: random.Random, statements: Sequence[Statement], passages: tuple[str, ...], difficulty: int
) -> Item:
    """A question about these statements, of which ``passages`` are the texts."""
    if difficulty <= 1:
        wanted = difficulty + 1
    else:
        wanted = rng.randint(2 if difficulty == 2 else 3, min(4, len(statements)))
    chosen = rng.sample(range(len(statements)), wanted)
    figures = [rng.choice(statements[number]) for number in chosen]
    signs = [1] + [rng.choice((1, 1, -1)) for _ in figures[1:]]
    if signs == [1, -1]:
        figures.sort(key=lambda figure: figure.value, reverse=True)
    return item_of(rng, statements, passages, figures, signs, difficulty)


def item_of(
    rng: random.Random,
    statements: Sequence[Statement],
    passages: tuple[str, ...],
    figures: list[Figure],
    signs: list[int],
    difficulty: int,
) -> Item:
    """The item that asks for the sum of the figures with their signs."""
    total = sum(sign * figure.value for sign, figure in zip(signs, figures, strict=True))
    record = {
        "difficulty": difficulty,
        "statements": list(statements),
        "figures": figures,
        "signs": signs,
    }
    return Item("", _question(rng, figures, signs), str(total), context=passages, record=record)


def only_needed(item: Item) -> Item:
    """The same question with no statements but those that hold its figures."""
    kept = sorted({figure.statement for figure in item.record["figures"]})
    place = {old: new for new, old in enumerate(kept)}
    statements = [
        tuple(figure._replace(statement=place[old]) for figure in item.record["statements"][old])
        for old in kept
    ]
    figures = [figure._replace(statement=place[figure.statement]) for figure in item.record["figures"]]
    record = {**item.record, "statements": statements, "figures": figures}
    return replace(item, context=tuple(item.context[old] for old in kept), record=record)


def single(figure: Figure) -> str:
    """The question for one figure.

    >>> single(Figure("Acme", 2, "sales", 47, 0))
    'What are the sales of Acme in Q2?'
    """
    return f"What are {_name_figure(figure)}?"


def _name_figure(figure: Figure) -> str:
    return f"the {figure.name} of {figure.company} in Q{figure.quarter}"


def _question(rng: random.Random, figures: list[Figure], signs: list[int]) -> str:
    if len(figures) == 1:
        return single(figures[0])
    texts = [_name_figure(figure) for figure in figures]
    style = rng.random()
    if min(signs) > 0 and style < 0.5:
        return f"What is the sum of {', '.join(texts[:-1])} and {texts[-1]}?"
    if signs == [1, -1] and style < 0.5:
        return f"By how much are {texts[0]} larger than {texts[1]}?"
    joined = "".join(
        f" {'plus' if sign > 0 else 'minus'} {text}" for sign, text in zip(signs, texts, strict=True)
    )
    return f"What are{joined.removeprefix(' plus')}?"


def passage(rng: random.Random, statement: Statement) -> str:
    """The text of a statement."""
    sentence, last, before_last = rng.choice(_STATEMENTS)
    texts = [last.format(name=figure.name, value=figure.value) for figure in statement]
    listed = f"{', '.join(texts[:-1])}{before_last}{texts[-1]}" if len(texts) > 1 else texts[0]
    return sentence.format(company=statement[0].company, quarter=statement[0].quarter, figures=listed)


def _count(rng: random.Random, difficulty: int) -> int:
    ranges = {0: (1, 2), 1: (3, 4), 2: (3, 6)}
    low, high = ranges.get(difficulty, (difficulty + 3, difficulty + 5))
    return min(10, rng.randint(low, high))


def _statements(rng: random.Random, count: int, difficulty: int) -> list[Statement]:
    """Companies and quarters come back, but no pair of them; so do the names of figures."""
    companies = rng.sample(COMPANIES, rng.randint((count + 2) // 3, max(2, count)))
    pairs = rng.sample([(company, quarter) for company in companies for quarter in QUARTERS], count)
    pool = rng.sample(FIGURES, 5 if difficulty > 1 else 4)
    out = []
    for number, (company, quarter) in enumerate(pairs):
        names = rng.sample(pool, rng.randint(3, 4))
        out.append(tuple(Figure(company, quarter, name, rng.randint(10, 99), number) for name in names))
    return out
