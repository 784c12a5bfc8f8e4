"""Keeping a memory small and true: what is written twice counts as confirmed, what fails is forgotten.

All of it follows from the entries alone, so that the same writes in the same order give the same memory.

Which entries of a memory to look at for a problem: by words, by meaning, and by how they have done.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from masdesign.memory.entry import Kind, MemoryEntry
from masdesign.memory.memory import MOST_ENTRIES, Memory
from masdesign.retrieval import fused, matching, telling_words, words

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
