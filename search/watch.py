"""Tells whoever watches where a search stands, not too often."""

from __future__ import annotations

from masdesign.search.events import Note, OnEvent, Phase, SearchProgress
from masdesign.search.history import History
from masdesign.spending.ledger import Ledger
from masdesign.types import Result

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
