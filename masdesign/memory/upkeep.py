"""Keeping a memory small and true: what is written twice counts as confirmed, what fails is forgotten.

All of it follows from the entries alone, so that the same writes in the same order give the same memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from masdesign.memory.entry import MemoryEntry
from masdesign.memory.memory import MOST_ENTRIES, Memory
from masdesign.retrieval import telling_words, words

ALIKE = 0.8
"""Lessons whose telling words agree to this share (Jaccard) are near; another name keeps them apart."""
USES = 3
"""Uses after which an entry is judged by its evidence."""
FAILING = 0.3
"""Entries used so often whose `Entry.trust` is below are forgotten."""


def written(memory: Memory, entry: MemoryEntry) -> Memory:
    """With what was written after an item; the same words again confirm the entry that is there.

    >>> memory = written(Memory(), MemoryEntry("the customer is Bolt", "double the price"))
    >>> again = MemoryEntry("The customer is Bolt.", "Double the price")
    >>> [entry.evidence for entry in written(memory, again)]
    [(1, 0)]
    """
    same = next((held for held in memory if _key(held) == _key(entry)), None)
    return memory.put(entry if same is None else replace(same, helped=same.helped + 1))


def used(memory: Memory, ids: Sequence[str], question: str, *, helped: bool) -> Memory:
    """With the evidence of one problem for or against the entries that were shown for it."""
    shown = (entry for entry_id in ids if (entry := memory.get(entry_id)) is not None)
    return memory.put(*(entry.used(question, helped=helped) for entry in shown))


def to_refine(memory: Memory, ids: Sequence[str]) -> list[MemoryEntry]:
    """Of the lessons just used in vain, those that helped elsewhere: their condition is too wide.

    Reference: self-improving libraries refine the condition and not the insight, AlphaOPT, arXiv:2510.18428.
    """
    shown = (memory.get(entry_id) for entry_id in ids)
    return [e for e in shown if e is not None and e.kind == "lesson" and e.helped and e.hurt]


def near(memory: Memory) -> tuple[MemoryEntry, ...]:
    """The first two lessons that say nearly the same, to be merged; empty where there are none."""
    lessons = memory.of_kind("lesson")
    bags = [telling_words(f"{entry.when} {entry.what}") for entry in lessons]
    for late in range(len(lessons)):
        for early in range(late):
            if len(bags[early] & bags[late]) >= ALIKE * len(bags[early] | bags[late]):
                return lessons[early], lessons[late]
    return ()


def merged(memory: Memory, entries: Sequence[MemoryEntry], lesson: MemoryEntry) -> Memory:
    """With one lesson in the place of several; it keeps the first one's id, and what speaks for all."""
    first = entries[0]
    whole = replace(
        lesson,
        id=first.id,
        title=lesson.title or first.title,
        helped=sum(entry.helped for entry in entries),
        hurt=sum(entry.hurt for entry in entries),
        helped_with=tuple(question for entry in entries for question in entry.helped_with)[-4:],
        hurt_with=tuple(question for entry in entries for question in entry.hurt_with)[-4:],
        provenance=replace(first.provenance, writer="merge"),
    )
    return memory.without(entry.id for entry in entries[1:]).put(whole)


def bounded(memory: Memory, most: int = MOST_ENTRIES) -> Memory:
    """Without entries that fail, and with at most ``most``: the least trusted go, of equals the oldest.

    A strategy that fails is kept: it is known not to be worth another try.
    """
    kept = [e for e in memory if e.kind == "strategy" or sum(e.evidence) < USES or e.trust >= FAILING]
    excess = len(kept) - most
    if excess > 0:
        worst = sorted(range(len(kept)), key=lambda place: (kept[place].trust, place))[:excess]
        kept = [entry for place, entry in enumerate(kept) if place not in worst]
    return Memory(tuple(kept)) if len(kept) < len(memory) else memory


def _key(entry: MemoryEntry) -> tuple[str, tuple[str, ...]]:
    texts = f"{entry.when} {entry.what}"
    return entry.kind, tuple(word for word in words(texts) if word[0].isalnum())
