"""Which entries of a memory to look at for a problem: by words, and by how they have done."""

from __future__ import annotations

from masdesign.memory.entry import Kind, MemoryEntry
from masdesign.memory.memory import Memory
from masdesign.retrieval import matching

DISTRUST = 0.25
"""Entries whose `Entry.trust` is below are not shown any more."""


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
    usable = [entry for entry in memory.of_kind(kind) if entry.trust >= DISTRUST]
    wide = n if kind == "lesson" else 2 * n
    ranked = [usable[p] for p in matching(query, [f"{e.title} {e.when}" for e in usable], wide)]
    if kind == "case":
        worth = {entry.id: entry.trust / (place + 1) for place, entry in enumerate(ranked)}
        ranked.sort(key=lambda entry: -worth[entry.id])
    return tuple(ranked[:n])
