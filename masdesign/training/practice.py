"""Practice for the first minutes: copying and looking up, which every skill needs and few tokens teach.

Each token of a reply is settled by the prompt, so the heads that find and copy form within minutes.
"""

import random

from masdesign.tasks.families import ledger
from masdesign.tasks.families.truth_tellers import PEOPLE
from masdesign.training.case import Exercise
from masdesign.training.paths.ledger import key
from masdesign.training.renaming import made_up
from masdesign.types import Message

_SIGNS = (
    "+", "-", "*", "(", ")", "=", "True", "False", "and", "or", "not", "left", "right", "forward", "backward",
)  # fmt: skip


def practice(rng: random.Random) -> Exercise:
    """A text to be copied, or pairs or statements to be looked up in."""
    request, reply = rng.choice((_copy, _look_up, _next, _statement, _statements))(rng)
    return Exercise("practice", (Message("user", request),), reply)


def _words(rng: random.Random, count: int) -> list[str]:
    kind = rng.random()
    if kind < 0.4:
        return _names(rng, count)
    if kind < 0.7:
        return [rng.choice(_SIGNS) if rng.random() < 0.6 else str(rng.randint(0, 9)) for _ in range(count)]
    return [str(rng.randint(-99, 99)) for _ in range(count)]


def _names(rng: random.Random, count: int) -> list[str]:
    """Distinct names: known ones, or made-up ones among them."""
    if rng.random() < 0.4:
        return rng.sample(PEOPLE, count)
    names: dict[str, None] = {}
    while len(names) < count:
        names[made_up(rng) if rng.random() < 0.8 else rng.choice(PEOPLE)] = None
    return list(names)


def _copy(rng: random.Random) -> tuple[str, str]:
    text = " ".join(_words(rng, rng.randint(5, 25)))
    return f"Write again: {text}", text


def _look_up(rng: random.Random) -> tuple[str, str]:
    keys = _names(rng, rng.randint(3, 14))
    entries = {
        key: rng.choice((str(rng.randint(1, 10)), "lies", "truth", rng.choice(_SIGNS))) for key in keys
    }
    chosen = rng.sample(keys, min(len(keys), 8))
    table = " ".join(f"{key} {value}." for key, value in entries.items())
    return f"{table} {' '.join(chosen)}", "\n".join(f"{key} {entries[key]}" for key in chosen)


def _next(rng: random.Random) -> tuple[str, str]:
    """What stands after each of some words."""
    row = _names(rng, rng.randint(4, 20))
    places = rng.sample(range(len(row) - 1), min(6, len(row) - 1))
    return f"{' '.join(row)}: {' '.join(row[p] for p in places)}", " ".join(
        f"{row[p]} {row[p + 1]}" for p in places
    )


def _statement(rng: random.Random) -> tuple[str, str]:
    """The figures of one statement, by name."""
    item = ledger.generate(rng, 0)
    at = rng.randrange(len(item.context))
    figures = list(item.record["statements"][at])
    rng.shuffle(figures)
    names = " ".join(figure.name for figure in figures)
    return f"{item.context[at]} {names}", "\n".join(f"{figure.name} {figure.value}" for figure in figures)


def _statements(rng: random.Random) -> tuple[str, str]:
    """Figures of several statements, by company, quarter and name."""
    item = ledger.generate(rng, rng.choice((0, 1, 2)))
    figures = [figure for statement in item.record["statements"] for figure in statement]
    figures = rng.sample(figures, min(6, len(figures)))
    lines = "\n".join(map(key, figures))
    return "\n".join((*item.context, lines)), "\n".join(f"{key(f)} = {f.value}" for f in figures)
