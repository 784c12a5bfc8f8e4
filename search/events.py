"""What a search tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from masdesign.archive.events import Note, Started, ignore
from masdesign.spending.spend import Spend
from masdesign.workflow import Design

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
