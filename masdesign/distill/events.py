"""What a distillation tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from masdesign.lm import Spend


@dataclass(frozen=True, slots=True)
class Started:
    """The run has its name and has spent nothing yet."""

    run: str
    resumed: bool
    """Whether a run of that name was there already."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the distillation stands."""

    phase: str
    """What is being done: ``teacher on val``, ``transcripts``, ``drafts on val``, ``test`` …"""
    done: int
    total: int
    """Items of this phase; 0 where their number is not known."""
    spend: Spend


@dataclass(frozen=True, slots=True)
class Note:
    """One line that a person should read."""

    text: str


Event = Started | Progress | Note
OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Watch nothing."""
