"""What a model can be asked for, where that is not everything."""

from __future__ import annotations

from dataclasses import dataclass

from masdesign.lm.protocol import LM


@dataclass(frozen=True, slots=True)
class Repertoire:
    """The prompts that a model can answer; an `LM` that knows only some has one as ``repertoire``.

    Any other request it refuses with `NotPlayable`. A designer that reads this first proposes no
    design that must fail.
    """

    templates: frozenset[str]
    """Names of the prompt templates that it answers."""
    draws: int
    """Most different answers to one question; with 1, nothing can be voted on or asked again."""


def repertoire_of(lm: LM) -> Repertoire | None:
    """What ``lm`` answers; ``None`` where it answers everything."""
    repertoire = getattr(lm, "repertoire", None)
    return repertoire if isinstance(repertoire, Repertoire) else None


def note_of(lm: LM) -> str:
    """What whoever reads a score of ``lm`` must know of it, in one line; empty for most."""
    return str(getattr(lm, "note", ""))
