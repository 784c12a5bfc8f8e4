"""What a strategy sees of the archive: every design of the run in order of proposal, and how it did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from masdesign.archive.insight import Insight
from masdesign.archive.leaderboard import Leaderboard, Standing
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
    """What to expect of it on other items, from all that the run has tried; ``None`` where not computed."""

    def standing(self, order: int = 0) -> Standing:
        """How it stands on val; of a design that was never scored nothing can be said (score 0, no items)."""
        return Standing(
            self.design.id,
            self.score or 0.0,
            self.items,
            self.tokens_per_item or 0.0,
            self.stage == "complete",
            self.usd_per_item,
            self.estimate,
            order,
        )

    @property
    def shrunk(self) -> float | None:
        """The score that designs are compared by (`Standing.shrunk`); ``None`` without a score."""
        return None if self.score is None else self.standing().shrunk

    @property
    def cost_per_item(self) -> float:
        """Cost in the unit in which the run compares designs; 0 where nothing was scored."""
        return self.standing().cost


def leaderboard(entries: Sequence[Entry]) -> Leaderboard:
    """The standings of the entries that have a score; their ``order`` is the place in ``entries``."""
    return Leaderboard(entry.standing(n) for n, entry in enumerate(entries) if entry.score is not None)


def ranked(entries: Sequence[Entry], value: Callable[[Standing], float] | None = None) -> list[Entry]:
    """The entries that have a score, best first, by the rule of `Leaderboard.ranked`."""
    return [entries[standing.order] for standing in leaderboard(entries).ranked(value)]


def frontier(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that none beats in both shrunk score and cost, cheapest first."""
    return [entries[standing.order] for standing in leaderboard(entries).frontier()]


@dataclass(frozen=True)
class ArchiveView:
    """Entries in the order of their proposal, which no concurrency changes."""

    entries: tuple[Entry, ...] = ()
    insights: tuple[Insight, ...] = ()
    """What is known of this task and of similar ones, from earlier runs and from this one so far; empty
    where the strategy does not ask for it."""

    @cached_property
    def ranked(self) -> tuple[Entry, ...]:
        """The complete entries, best first (`Leaderboard.ranked`)."""
        return tuple(ranked([entry for entry in self.entries if entry.stage == "complete"]))

    def best(self, k: int = 1) -> tuple[Entry, ...]:
        """The k best complete entries, best first; fewer where there are fewer."""
        return self.ranked[:k]

    @property
    def incumbent(self) -> Entry | None:
        """The best complete entry, against which others are raced."""
        return self.ranked[0] if self.ranked else None
