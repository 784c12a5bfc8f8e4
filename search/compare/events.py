"""What a comparison tells whoever watches it, beside the events of the search that is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from masdesign.search.events import Event


@dataclass(frozen=True, slots=True)
class RepeatBegins:
    """A strategy is about to search once more."""

    strategy: str
    repeat: int
    """From 0."""
    run: str
    number: int
    """Of all repeats of all strategies, from 1."""
    total: int
    finished: bool
    """Whether its result is in the archive already."""

    def __str__(self) -> str:
        suffix = ", known already" if self.finished else ""
        return f"search {self.number} of {self.total}: {self.strategy}, repeat {self.repeat}{suffix}"


@dataclass(frozen=True, slots=True)
class Looking:
    """Test is open: number of items answered, over all frozen designs."""

    designs: int
    items: int
    of_items: int

    def __str__(self) -> str:
        return f"test: {self.items} of {self.of_items} items by {self.designs} designs"


CompareEvent = RepeatBegins | Looking | Event
OnCompareEvent = Callable[[CompareEvent], None]
