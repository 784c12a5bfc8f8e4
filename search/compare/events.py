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


@dataclass(frozen=True, slots=True)
class Looking:
    """Test is open: so many items of all that were frozen are answered."""

    designs: int
    items: int
    of_items: int


CompareEvent = RepeatBegins | Looking | Event
OnCompareEvent = Callable[[CompareEvent], None]
