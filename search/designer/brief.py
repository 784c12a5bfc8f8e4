"""What a designer is asked for and shown, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from masdesign.archive.view import Entry
from masdesign.search.strategy import Proposal
from masdesign.types import Failure
from masdesign.workflow import Design


@dataclass(frozen=True, slots=True)
class Brief:
    """One design to be written: a prompt template with its values, and the turns that follow it."""

    template: str
    """Name of a template in `masdesign/search/designer/` (without ``.j2``)."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What the template shows beside what every template may: `Designer.common`. Nothing of `val` or `test`
    but aggregates belongs in here."""
    then: tuple[str, ...] = ()
    """Templates of further turns (reflections), rendered with the same values; each reply may replace the
    design, and one that holds no design leaves it as it is."""
    parents: tuple[str, ...] = ()
    """Ids of the designs that it is made from."""
    origin: str = ""
    """Who proposes it: the strategy's name."""
    fields: tuple[str, ...] = ()
    """What else the reply is asked to say by name (``modification``, say), for `Written.fields`."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a brief came to."""

    design: Design
    """Where no design could be read from any reply: a source that says so, and that no check accepts."""
    failure: Failure | None = None
    """Why it does not work, after every repair; ``None`` where it passed the checks and the dry run."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the last reply with a design said under the brief's further names; empty text where nothing."""
    replies: int = 0
    """Completions of the designing model that it took."""

    @property
    def proposal(self) -> Proposal:
        """Ready for the loop, which archives a failure without running it again."""
        return Proposal(self.design, self.failure)


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
