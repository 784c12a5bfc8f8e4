"""Experience as values: entries of a memory, their versions, retrieval, upkeep. Pure; archives store it."""

from __future__ import annotations

from masdesign.memory.entry import Entry, Kind, Provenance

__all__ = ["Entry", "Kind", "Provenance"]
