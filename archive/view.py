"""What a strategy sees of the archive: every design of the run in order of proposal, and how it did."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from masdesign.archive.insight import Insight
from masdesign.types import Failure
from masdesign.workflow.design import Design

Stage = Literal["failed", "screened", "raced", "complete"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One proposed design. Its score is on val, as an aggregate: no item of val is ever in a view."""

    design: Design
    score: float | None
    """Mean val score in 0..1; ``None`` where no item was scored."""
    tokens_per_item: float | None
    items: int
    """Val items that the score rests on."""
    failure: Failure | None
    """Why it could not be evaluated, or what went wrong on a train item."""
    stage: Stage
    """How far it got: ``failed`` (never scored), ``screened`` (a few items), ``raced`` (stopped early) or
    ``complete``."""
    usd_per_item: float | None = None
    """What an item costs, where several models answer and all have a price; then it is this, and not the
    tokens, in which designs are compared."""
    estimate: float | None = None
    """What to expect of it on other items, from all that the run has tried; ``None`` where not reckoned."""

    @property
    def shrunk(self) -> float | None:
        """By what it is compared: the estimate, else the score; of a complete one never more than its score,
        since nothing is picked for having been unlucky. ``None`` without a score."""
        if self.score is None or self.estimate is None:
            return self.score
        return min(self.score, self.estimate) if self.stage == "complete" else self.estimate

    @property
    def cost_per_item(self) -> float:
        """In the unit in which the run compares designs; 0 where nothing was scored."""
        cost = self.tokens_per_item if self.usd_per_item is None else self.usd_per_item
        return cost or 0.0


@dataclass(frozen=True)
class ArchiveView:
    """Entries in the order of their proposal, which no concurrency changes."""

    entries: tuple[Entry, ...] = ()
    insights: tuple[Insight, ...] = ()
    """What is known of this task and of similar ones, from earlier runs and from this one so far; empty
    where the strategy does not ask for it."""

    @cached_property
    def ranked(self) -> tuple[Entry, ...]:
        """The complete entries, best first: shrunk val score, then fewer tokens, then older."""
        complete = [e for e in self.entries if e.stage == "complete" and e.shrunk is not None]
        return tuple(sorted(complete, key=lambda entry: (-(entry.shrunk or 0.0), entry.cost_per_item)))

    def best(self, k: int = 1) -> tuple[Entry, ...]:
        """The k best complete entries, best first; fewer where there are fewer."""
        return self.ranked[:k]

    @property
    def incumbent(self) -> Entry | None:
        """The best complete entry, against which others are raced."""
        return self.ranked[0] if self.ranked else None
