"""What a user should know of the items: targets in sight or no option, similar questions, shared ids."""

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from masdesign.tasks.items import as_keys, digest
from masdesign.tasks.scorers.match import names_option
from masdesign.tasks.text import fold
from masdesign.types import Item, Split

_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")
_LONG = 8
"""Blanks in a question that is one of few like it, whatever its numbers."""
_PUNCTUATION = re.compile(r"[^\w#\s]+")


def item_notes(parts: Mapping[Split, Sequence[Item]]) -> list[str]:
    """The notes, one line each; every item is read once."""
    counts, patterns = _Counts(), {split: array("q") for split in parts}
    for split, items in parts.items():
        for item in items:
            counts.add(item)
            patterns[split].append(_pattern(item))
    notes = [
        counts.say_other_targets(),
        counts.say_seen_targets(),
        _say_near_duplicates(patterns),
        counts.say_shared_passages(),
        counts.say_shared_ids(),
    ]
    return [note for note in notes if note]


@dataclass
class _Counts:
    """What the notes are made of."""

    items: int = 0
    with_options: int = 0
    other_targets: int = 0
    """Items whose target is not among their options; ``first`` is one of them."""
    first: Item | None = None
    seen_in_question: int = 0
    seen_in_passages: int = 0
    ids: bytearray = field(default_factory=bytearray)
    passages: bytearray = field(default_factory=bytearray)
    """16 bytes an item that has passages, over them."""

    def add(self, item: Item) -> None:
        self.items += 1
        self.ids += digest(item.id)
        if item.context:
            self.passages += digest("\x1e".join(item.context))
        if not item.choices:
            self.seen_in_question += _stands_in(item.targets, (item.question,))
            self.seen_in_passages += _stands_in(item.targets, item.context)
            return
        self.with_options += 1
        if not names_option(item):
            self.other_targets += 1
            self.first = self.first or item

    def say_other_targets(self) -> str | None:
        if self.first is None:
            return None
        return (
            f"{self.other_targets} of {self.with_options} items with options have a target that is none of "
            f"them (first: {self.first.target!r} to {self.first.question[:40]!r}); these are scored by exact "
            "match"
        )

    def say_seen_targets(self) -> str | None:
        seen = ((self.seen_in_question, "question"), (self.seen_in_passages, "passages"))
        where = [f"{count} in their item's {place}" for count, place in seen if count]
        return f"of {self.items} targets, {' and '.join(where)} can be read" if where else None

    def say_shared_passages(self) -> str | None:
        """How many sets of passages the items have, where several share one."""
        count, different = len(self.passages) // 16, len(np.unique(as_keys(self.passages)))
        if different == count:
            return None
        sets = "one set" if different == 1 else f"{different} sets"
        return (
            f"{count} items share {sets} of passages: intervals count these, since questions to "
            "one passage are not independent"
        )

    def say_shared_ids(self) -> str | None:
        if len(np.unique(as_keys(self.ids))) == self.items:
            return None
        return "some ids stand for different items in different splits"


def _stands_in(targets: Iterable[str], texts: Sequence[str]) -> bool:
    """Whether a target can be read in the texts, as a whole word; a short one tells nothing."""
    for target in targets:
        if len(target) < 4:
            continue
        for text in texts:
            place = text.find(target)
            if place >= 0 and not text[place - 1 : place].isalnum():
                end = place + len(target)
                if not text[end : end + 1].isalnum():
                    return True
    return False


def _say_near_duplicates(patterns: Mapping[Split, Sequence[int]]) -> str | None:
    """How many val and test questions are one of an earlier split but for punctuation, or numbers.

    Numbers count in short questions, which have little else.
    """
    train, val, test = (np.array(patterns[split]) for split in ("train", "val", "test"))
    repeated = {"val": np.isin(val, train).sum(), "test": np.isin(test, np.concatenate([train, val])).sum()}
    counts = " and ".join(f"{count} of {split}" for split, count in repeated.items() if count)
    return f"near-duplicates of a question in an earlier split: {counts}" if counts else None


def _pattern(item: Item) -> int:
    text = fold("\x1f".join((item.question, *item.context, *item.choices)))
    if text.count(" ") >= _LONG:
        text = _NUMBERS.sub("#", text)
    return hash(" ".join(_PUNCTUATION.sub(" ", text).split()))
