"""A tried design as a prompt shows it: its source and aggregates, nothing of any item of val or test."""

from __future__ import annotations

from dataclasses import dataclass

from masdesign.archive.view import Entry
from masdesign.types import Failure

LONGEST = 12_000
"""Characters of a source that are shown."""


@dataclass(frozen=True, slots=True)
class ShownDesign:
    """The value ``entry`` of the template ``_design.j2``."""

    name: str
    thought: str
    source: str
    score: float | None
    """Mean val score in 0..1; ``None`` where it could not be scored."""
    items: int
    """Val items that the score rests on."""
    complete: bool
    tokens: int
    """Tokens an item, prompt plus completion."""
    failure: str
    """Why it could not be scored, in one line."""


def shown(entry: Entry) -> ShownDesign:
    """What a prompt may say of a tried design."""
    source = entry.design.source.strip()
    return ShownDesign(
        name=entry.design.name,
        thought=entry.design.thought[:600],
        source=source if len(source) <= LONGEST else source[:LONGEST] + "\n…",
        score=entry.score,
        items=entry.items,
        complete=entry.stage == "complete",
        tokens=round(entry.tokens_per_item or 0),
        failure=told(entry.failure) if entry.failure else "it was not scored",
    )


def told(failure: Failure) -> str:
    """A failure in one line: where, what, and the cure.

    >>> told(Failure("design", "unknown block 'vote'", 3, "use a block of the catalogue"))
    "line 3: unknown block 'vote'; use a block of the catalogue"
    """
    where = f"line {failure.line}: " if failure.line is not None else ""
    cure = f"; {failure.cure}" if failure.cure else ""
    return " ".join(f"{where}{failure.message}{cure}".split())[:600]
