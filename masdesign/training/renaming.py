"""Made-up names in an item's place of known ones, so that abacus copies names it has never seen.

A name outside the vocabulary is read letter by letter; public files are full of such names.
"""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from masdesign.tasks.families.truth_tellers import PEOPLE
from masdesign.types import Item

_ONSETS, _VOWELS, _ENDINGS = map(
    str.split,
    (
        "b br c ch d dr f fl g gr h j k kr l m n p ph r s sh st t th tr v w y z",
        "a a a e e e i i i o o u ai ee ia ie io ay y",
        "a a e ie y o on en in el ette isha ard ana elle ine us ita",
    ),
)
_CODAS = ("", "", "", "l", "n", "r", "s", "m", "ll", "nn", "rt", "ck", "nd", "x")


def renamed(item: Item, rng: random.Random) -> Item:
    """The same item, its people (``record["people"]``) under made-up names; some keep theirs.

    >>> record = {"people": ["Ada"], "lies": [True]}
    >>> item = Item("", "Ada lies. Does Ada tell the truth?", "No", record=record)
    >>> renamed(item, random.Random(1)).question
    'Chiendtron lies. Does Chiendtron tell the truth?'
    """
    keep = rng.choice((0.0, 0.0, 0.3))
    table = {name: name for name in item.record["people"] if rng.random() < keep}
    for name in item.record["people"]:
        while name not in table:
            invented = made_up(rng)
            if invented not in item.question and invented not in table.values():
                table[name] = invented
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, table))})\b")
    return _mapped(item, lambda text: pattern.sub(lambda match: table[match[0]], text))


def made_up(rng: random.Random) -> str:
    """A name: of syllables, or of the beginning and the end of two known ones.

    >>> rng = random.Random(0)
    >>> [made_up(rng) for _ in range(4)]
    ['Kranzel', 'Yilldenn', 'Stencomjana', 'Hiltim']
    """
    if rng.random() < 0.4:
        first, last = rng.sample(PEOPLE, 2)
        return first[: rng.randint(2, 4)] + last[-rng.randint(2, 4) :].lower()
    start = rng.choice(_ONSETS) if rng.random() < 0.85 else ""
    parts = [start, rng.choice(_VOWELS), rng.choice(_CODAS)]
    if rng.random() < 0.2:
        parts += [rng.choice(_ONSETS), rng.choice(_VOWELS), rng.choice(_CODAS)]
    if rng.random() < 0.75:
        parts += [rng.choice(_ONSETS), rng.choice(_ENDINGS)]
    return "".join(parts).capitalize()


def _mapped(item: Item, change: Callable[[str], str]) -> Item:
    return replace(
        item,
        question=change(item.question),
        targets=change(item.target),
        choices=tuple(map(change, item.choices)),
        record={key: _changed(value, change) for key, value in item.record.items()},
    )


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    return [_changed(part, change) for part in value] if isinstance(value, list) else value
