"""Which entries of a memory to look at for a problem: by words, by meaning, and by how they have done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from masdesign.memory.entry import Kind, MemoryEntry
from masdesign.memory.memory import Memory
from masdesign.retrieval import fused, matching

DISTRUST = 0.25
"""Entries whose `MemoryEntry.trust` is below are not shown any more."""
EMBEDDED = 40
"""Entries that an embedding model is shown at most: those that words find, then the most trusted."""

Closest = Callable[[str, Sequence[str]], Awaitable[list[int]]]
"""Ranks texts by their meaning: the places of those closest to a query first."""


def retrieve(memory: Memory, query: str, n: int, kind: Kind = "lesson") -> tuple[MemoryEntry, ...]:
    """At most n entries that share words with the problem, the best first; none is better than a far one.

    Lessons are sought by their title and condition, in the order of BM25. Cases are sought by their problem,
    and chosen among twice as many by closeness times trust: which cases help is learnt from their use, by
    counts in place of the paper's Q-network (Zhou et al. 2025, AgentFly, arXiv:2508.16153).

    >>> bolt = MemoryEntry("the customer is Bolt", "double the price")
    >>> [e.what for e in retrieve(Memory((bolt,)), "What does Bolt pay?", 3)]
    ['double the price']
    >>> retrieve(Memory((bolt,)), "What does Acme pay?", 3)
    ()
    """
    usable = _usable(memory, kind)
    return _chosen(_by_words(usable, query, _width(n, kind)), n, kind)


async def retrieve_by_meaning(
    memory: Memory, query: str, n: int, kind: Kind, closest: Closest
) -> tuple[MemoryEntry, ...]:
    """At most n entries: the rank by words fused with the rank that an embedding model gives.

    An entry that shares no word with the problem can come first; a far one is left to the block that asks
    whether an entry applies.
    """
    usable = _usable(memory, kind)
    if not usable:
        return ()
    by_words = _by_words(usable, query, EMBEDDED)
    others = sorted(usable, key=lambda entry: -entry.trust)
    shown = list({entry.id: entry for entry in (*by_words, *others)}.values())[:EMBEDDED]
    near = await closest(query, [_sought(entry) for entry in shown])
    ranked = [shown[place] for place in fused([range(len(by_words)), near])]
    return _chosen(ranked[: _width(n, kind)], n, kind)


def _usable(memory: Memory, kind: Kind) -> list[MemoryEntry]:
    return [entry for entry in memory.of_kind(kind) if entry.trust >= DISTRUST]


def _width(n: int, kind: Kind) -> int:
    return 2 * n if kind == "case" else n


def _sought(entry: MemoryEntry) -> str:
    return f"{entry.title} {entry.when}".strip()


def _by_words(usable: Sequence[MemoryEntry], query: str, n: int) -> list[MemoryEntry]:
    return [usable[place] for place in matching(query, [_sought(entry) for entry in usable], n)]


def _chosen(ranked: Sequence[MemoryEntry], n: int, kind: Kind) -> tuple[MemoryEntry, ...]:
    if kind == "case":
        worth = {entry.id: entry.trust / (place + 1) for place, entry in enumerate(ranked)}
        ranked = sorted(ranked, key=lambda entry: -worth[entry.id])
    return tuple(ranked[:n])
