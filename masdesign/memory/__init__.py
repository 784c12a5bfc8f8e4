"""Experience as values: entries of a memory, its versions, retrieval, upkeep. Pure; archives store it."""

from masdesign.memory.entry import Kind, MemoryEntry, Provenance
from masdesign.memory.memory import EMPTY, MOST_ENTRIES, Memory
from masdesign.memory.upkeep import retrieve, retrieve_by_meaning

__all__ = [
    "EMPTY",
    "MOST_ENTRIES",
    "Kind",
    "Memory",
    "MemoryEntry",
    "Provenance",
    "retrieve",
    "retrieve_by_meaning",
]
