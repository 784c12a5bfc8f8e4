"""`Candidate`: a proposed design on its way through the stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from masdesign.archive.view import Entry, Stage
from masdesign.evaluation import Evaluation
from masdesign.experiments.curve import Unit
from masdesign.statistics.shrinkage import shrunk_scores
from masdesign.types import Failure
from masdesign.workflow import Design


@dataclass
class Candidate:
    """A design, the val items it has answered so far, and how far it got."""

    index: int
    """Its place in the run's order of proposal."""
    design: Design
    evaluation: Evaluation | None = None
    """On val, of a growing number of items."""
    failure: Failure | None = None
    stage: Stage = "failed"
    """``failed`` until an item of val is scored."""
    unit: Unit = "tokens"
    """In what the run compares costs."""

    def extend(self, more: Evaluation) -> None:
        """Take in the results on further items."""
        if more.results:
            self.evaluation = more if self.evaluation is None else self.evaluation.extended(more.results)

    @property
    def broken(self) -> bool:
        """Whether the design itself is at fault: not well-formed, or failed on a train item."""
        return self.failure is not None and self.failure.kind == "design"

    @property
    def complete(self) -> bool:
        """Whether it has answered all of val."""
        return self.evaluation is not None and self.evaluation.complete

    @property
    def calls(self) -> float:
        """Calls that the items answered so far have made, those that others had made before among them."""
        return 0.0 if self.evaluation is None else self.evaluation.calls_per_item * self.evaluation.items

    def paired(self, other: Candidate) -> list[tuple[float, float]]:
        """Both designs' scores on the items scored in both, in the order in which this one answered them."""
        own = self.evaluation.scores if self.evaluation is not None else {}
        others = other.evaluation.scores if other.evaluation is not None else {}
        return [(score, others[item]) for item, score in own.items() if item in others]

    def entry(self) -> Entry:
        """What a strategy sees of it: aggregates only."""
        evaluation = self.evaluation
        if evaluation is None or not evaluation.items:
            return Entry(self.design, None, None, 0, self.failure, "failed")
        usd = evaluation.usd_per_item if self.unit == "usd" else None
        return Entry(
            self.design,
            evaluation.score,
            evaluation.tokens_per_item,
            evaluation.items,
            self.failure,
            self.stage,
            usd,
        )

    def outcome(self) -> dict[str, Any]:
        """The same as JSON values, for the archive."""
        entry = self.entry()
        counts = self.evaluation.failures if self.evaluation else {}
        return {
            "score": entry.score,
            "items": entry.items,
            "tokens_per_item": entry.tokens_per_item,
            "failures": {kind: count for kind, count in counts.items() if count},
        }


def entries_of(candidates: Sequence[Candidate]) -> tuple[Entry, ...]:
    """What a strategy sees of them, with what to expect of each from the scores of all (`shrunk_scores`)."""
    scored = [c.evaluation.scores for c in candidates if c.evaluation is not None and c.evaluation.items]
    estimates = iter(shrunk_scores(scored))
    entries = (candidate.entry() for candidate in candidates)
    return tuple(e if e.score is None else replace(e, estimate=next(estimates)) for e in entries)
