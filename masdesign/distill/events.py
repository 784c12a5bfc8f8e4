"""What a distillation tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from masdesign.archive.events import Note, Started, ignore
from masdesign.spending.spend import Spend

__all__ = ["DistillProgress", "Event", "Note", "OnEvent", "Started", "ignore"]


@dataclass(frozen=True, slots=True)
class DistillProgress:
    """Where the distillation stands."""

    phase: str
    """What is being done: ``teacher on val``, ``transcripts``, ``drafts on val``, ``test`` …"""
    done: int
    total: int
    """Items of this phase; 0 where their number is not known."""
    spend: Spend

    def __str__(self) -> str:
        of = f" {self.done} of {self.total}" if self.total else ""
        spend = self.spend
        return f"{self.phase}:{of}, {spend.calls} calls, {spend.tokens} tokens, {spend.seconds:.0f} s"


Event = Started | DistillProgress | Note
OnEvent = Callable[[Event], None]
