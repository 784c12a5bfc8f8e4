"""Which workflow to use for which kind of problem: what each one has come to there, at which cost."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import sqrt

from masdesign.memory.entry import MemoryEntry, Provenance
from masdesign.memory.memory import Memory
from masdesign.memory.upkeep import bounded

ALIKE = 0.3
"""Problems whose ordinary words agree to this share (Jaccard) are of one kind. Measured on 40 items of each
of nine embedded families, mixed: 12 kinds, .975 of the items among their own (.25: .933; .4: 33 kinds)."""
PRIOR = 2.0
"""Uses that count for what a strategy came to on problems of other kinds."""
SLACK = 0.05
"""A cheaper strategy suffices where it is right so much less often than the best one, at most."""
TRIALS = 3
"""Uses on a kind of problem after which a cheaper strategy is judged, whatever it came to elsewhere."""
DOUBT, CHEAP_DOUBT = 0.25, 1.5
"""Standard errors by which a strategy may be better than it has been, to be tried again; a cheaper one."""

_WORD = re.compile(r"[^\W\d_]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """What a strategy has come to on one kind of problem."""

    name: str
    source: str
    mean: float = 0.5
    """How likely it is right, 0 to 1, drawn towards what it came to elsewhere."""
    error: float = 0.29
    """The standard error of that."""
    uses: int = 0
    """On this kind of problem."""
    tokens: float | None = None
    """A use, here or else anywhere; ``None`` where it was never used."""


@lru_cache(4096)
def shape(question: str) -> frozenset[str]:
    """The ordinary words and signs of a problem: neither numbers nor names say of what kind it is.

    >>> sorted(shape("What does Bolt pay for 4 pens?"))
    ['?', 'does', 'for', 'pay', 'pens', 'what']
    """
    ordinary: set[str] = set()
    for match in _WORD.finditer(question):
        word, before = match.group(), question[: match.start()].rstrip()
        if not (word[0].isupper() and len(word) > 1 and before and before[-1] not in ".?!:"):
            ordinary.add(word.casefold())
    return frozenset(ordinary)


def kind_of(memory: Memory, question: str) -> str:
    """The kind of problem, named by the first one of it; the question itself where it is of a new kind.

    >>> memory = noted(Memory(), "What does Bolt pay?", TrackRecord("at once", "..."), helped=True, tokens=9)
    >>> kind_of(memory, "What does Acme pay?"), kind_of(memory, "Name a river.")
    ('What does Bolt pay?', 'Name a river.')
    """
    kinds = dict.fromkeys(entry.when for entry in memory.of_kind("strategy"))
    best = max(kinds, key=lambda kind: _likeness(kind, question), default="")
    return best if best and _likeness(best, question) >= ALIKE else MemoryEntry(question, "").when


def standings(memory: Memory, kind: str, candidates: Iterable[tuple[str, str]]) -> list[TrackRecord]:
    """What each candidate (name, source) and each further strategy known for the kind has come to there."""
    entries = memory.of_kind("strategy")
    known = [(entry.title, entry.what) for entry in entries if entry.when == kind]
    sources = {source.strip(): name for name, source in (*known, *candidates)}
    return [_standing(entries, kind, name, source) for source, name in sources.items()]


def choose(known: Sequence[TrackRecord], most: int) -> list[TrackRecord]:
    """The strategy to trust, then those that are worth comparing with it, at most ``most`` in all.

    Trusted is the cheapest of those that are about as often right as the best. Compared are those that may
    well be better, and cheaper ones that may well suffice; these get fewer as evidence grows, and so does
    the cost. Among untried ones the order is the given one.
    """
    tried = [s for s in known if s.tokens is not None]
    if not tried:
        return list(known[:most])
    best = max(s.mean for s in tried)
    trusted = min((s for s in tried if s.mean >= best - SLACK), key=_cost)
    rivals = [s for s in known if s is not trusted and _may_win(s, trusted)]
    return [trusted, *sorted(rivals, key=lambda s: s.uses)[: most - 1]]


def noted(memory: Memory, kind: str, strategy: TrackRecord, *, helped: bool, tokens: int) -> Memory:
    """With one more use of a strategy on a kind of problem."""
    origin = Provenance(writer="guide")
    entry = MemoryEntry(kind, strategy.source, strategy.name, kind="strategy", provenance=origin)
    entry = memory.get(entry.id) or entry
    return memory.put(replace(entry.used(kind, helped=helped), tokens=entry.tokens + tokens))


def consolidated(memory: Memory, most: int) -> Memory:
    """With one kind in the place of two that are alike, and at most ``most`` entries."""
    kinds = list(dict.fromkeys(entry.when for entry in memory.of_kind("strategy")))
    first = {kind: next(k for k in kinds if k == kind or _likeness(k, kind) >= ALIKE) for kind in kinds}
    for entry in memory.of_kind("strategy"):
        if (kind := first[entry.when]) != entry.when:
            moved = replace(entry, when=kind, id="")
            own = memory.get(moved.id) or replace(moved, helped=0, hurt=0, tokens=0)
            own = replace(own, helped=own.helped + entry.helped, hurt=own.hurt + entry.hurt)
            memory = memory.without([entry.id]).put(replace(own, tokens=own.tokens + entry.tokens))
    return bounded(memory, most)


def _standing(entries: Sequence[MemoryEntry], kind: str, name: str, source: str) -> TrackRecord:
    same = [entry for entry in entries if entry.what == source]
    here = [entry for entry in same if entry.when == kind]
    helped, uses = sum(e.helped for e in here), sum(sum(e.evidence) for e in here)
    others = [entry for entry in same if entry.when != kind]
    elsewhere = (sum(e.helped for e in others) + 1) / (sum(sum(e.evidence) for e in others) + 2)
    mean = (helped + PRIOR * elsewhere) / (uses + PRIOR)
    error = sqrt(mean * (1 - mean) / (uses + PRIOR + 1))
    asked = here if uses else same
    count = sum(sum(entry.evidence) for entry in asked)
    tokens = sum(entry.tokens for entry in asked) / count if count else None
    return TrackRecord(name, source, mean, error, uses, tokens)


def _cost(strategy: TrackRecord) -> float:
    return strategy.tokens or 0.0


def _may_win(rival: TrackRecord, trusted: TrackRecord) -> bool:
    if rival.tokens is None or rival.mean + DOUBT * rival.error > trusted.mean + SLACK:
        return True
    hoped = rival.mean + CHEAP_DOUBT * rival.error
    return _cost(rival) < _cost(trusted) and (rival.uses < TRIALS or hoped >= trusted.mean - SLACK)


def _likeness(one: str, other: str) -> float:
    first, second = shape(one), shape(other)
    return len(first & second) / len(first | second) if first | second else 0.0
