"""`Memory`: one version of what was learnt, as a value; changing it gives another one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from masdesign.memory.entry import Kind, MemoryEntry

MOST_ENTRIES = 200
"""Entries that a memory holds, if nothing else is said; beyond, the least trusted go (`upkeep.bounded`)."""


@dataclass(frozen=True)
class Memory:
    """Entries in the order in which they were written, each id once. It never changes: runs read it as it is.

    >>> memory = Memory().put(MemoryEntry("the customer is Bolt", "double the price"))
    >>> len(memory), len(Memory()), memory.digest == Memory(memory.entries).digest
    (1, 0, True)
    """

    entries: tuple[MemoryEntry, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[MemoryEntry]:
        return iter(self.entries)

    @cached_property
    def digest(self) -> str:
        """Twelve hex digits of all that it holds; empty for an empty one. Part of what identifies a score."""
        if not self.entries:
            return ""
        text = json.dumps(self.to_json(), ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def of_kind(self, kind: Kind) -> tuple[MemoryEntry, ...]:
        """Its lessons, or its cases."""
        return tuple(entry for entry in self.entries if entry.kind == kind)

    def get(self, entry_id: str) -> MemoryEntry | None:
        """The entry of that id, if there is one."""
        return next((entry for entry in self.entries if entry.id == entry_id), None)

    def put(self, *entries: MemoryEntry) -> Memory:
        """With these entries: one whose id is there takes that one's place, another comes last."""
        held = {entry.id: entry for entry in self.entries}
        held.update({entry.id: entry for entry in entries})
        return Memory(tuple(held.values()))

    def without(self, ids: Iterable[str]) -> Memory:
        """Without the entries of these ids."""
        dropped = frozenset(ids)
        return Memory(tuple(entry for entry in self.entries if entry.id not in dropped))

    def shuffled(self, order: Sequence[int]) -> Memory:
        """The control of a memory: each entry keeps its ``when``, and says what another one says.

        Parameters:
            order: a permutation of the places of its entries, by a generator of the caller's.
        """
        source = [self.entries[place] for place in order]
        return Memory(
            tuple(
                replace(own, what=other.what, example=other.example)
                for own, other in zip(self.entries, source, strict=True)
            )
        )

    def to_json(self) -> list[dict[str, Any]]:
        """Its entries as JSON values."""
        return [entry.to_json() for entry in self.entries]

    @classmethod
    def from_json(cls, values: Iterable[Any]) -> Memory:
        """The memory that `to_json` wrote. Raises ValueError: an entry is not as it should be."""
        return cls().put(*(MemoryEntry.from_json(value) for value in values))


EMPTY = Memory()
"""What a run reads where nothing was learnt."""
