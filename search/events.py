"""What a search and a comparison tell whoever watches them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from masdesign.archive.events import Note, Started, ignore
from masdesign.spending.spend import Spend
from masdesign.types import Result
from masdesign.workflow import Design

if TYPE_CHECKING:
    from masdesign.search.loop.history import History
    from masdesign.spending.ledger import Ledger

__all__ = ["Event", "Note", "OnEvent", "Phase", "SearchProgress", "Started", "ignore"]

Phase = Literal["baselines", "search", "test"]


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """Where the search stands."""

    phase: Phase
    candidates: int
    """Designs that were scored, the baselines among them."""
    failures: int
    best: Design | None
    best_score: float | None
    """Val score in 0..1 of the best so far."""
    frontier: int
    """Designs that no other beats in both score and tokens."""
    spend: Spend
    used: float
    """Share of the budget that is spent, 0..1."""
    seconds_left: float | None
    """Until the budget is spent at the present rate; ``None`` where there is no rate yet."""

    def __str__(self) -> str:
        parts = [f"{self.phase}: {self.candidates} designs"]
        if self.failures:
            parts.append(f"{self.failures} failed")
        if self.best is not None:
            parts.append(f"best {self.best_score:.3f} ({self.best.name})")
        spend = self.spend
        parts += [f"frontier {self.frontier}", f"{spend.calls} calls, {spend.tokens} tokens"]
        parts.append(f"{self.used:.0%} of the budget in {spend.seconds:.0f} s")
        if self.seconds_left is not None:
            parts.append(f"at most {self.seconds_left:.0f} s left")
        return ", ".join(parts)


Event = Started | SearchProgress | Note
OnEvent = Callable[[Event], None]


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


EVERY_SECONDS = 0.5


class Watch:
    """Turns results and batches into events. Nothing that it does changes the search."""

    def __init__(self, ledger: Ledger, history: History, on_event: OnEvent) -> None:
        self._ledger, self._history, self._on_event = ledger, history, on_event
        self._phase: Phase = "baselines"
        self._last = 0.0

    def enter(self, phase: Phase) -> None:
        """A phase begins."""
        self._phase = phase
        self.report()

    def note(self, text: str) -> None:
        """One line for a person."""
        self._on_event(Note(text))

    def on_result(self, result: Result) -> None:
        """An item is done."""
        if self._ledger.spend.seconds - self._last >= EVERY_SECONDS:
            self.report()

    def report(self) -> None:
        """Say where the search stands."""
        spend, view = self._ledger.spend, self._history.view()
        best = view.incumbent
        self._last = spend.seconds
        budget = self._ledger.budget
        used = min(1.0, self._ledger.spent / budget.limit)
        self._on_event(
            SearchProgress(
                phase=self._phase,
                candidates=len(self._history.candidates) - self._history.failures,
                failures=self._history.failures,
                best=best.design if best else None,
                best_score=best.score if best else None,
                frontier=len(self._history.frontier()),
                spend=spend,
                used=used,
                seconds_left=spend.seconds * (1 - used) / used if used else None,
            )
        )
