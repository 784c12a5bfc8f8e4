"""All that a run has tried so far, in order of proposal: kept here, and in the archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from masdesign.archive import Archive
from masdesign.archive.frontier import frontier
from masdesign.archive.select import Candidate as Standing
from masdesign.archive.view import ArchiveView, Entry
from masdesign.evaluation import Evaluation
from masdesign.lm import Ledger
from masdesign.search.candidate import Candidate


class History:
    """The candidates of a run. Writing one down again changes nothing, so that a run can go on."""

    def __init__(self, archive: Archive, run: str, ledger: Ledger | None = None) -> None:
        self.archive, self.run, self.ledger = archive, run, ledger
        self.candidates: list[Candidate] = []

    @property
    def next_index(self) -> int:
        """The place of the next proposal."""
        return self.candidates[-1].index + 1 if self.candidates else 0

    @property
    def failures(self) -> int:
        """How many could not be scored."""
        return sum(candidate.entry().stage == "failed" for candidate in self.candidates)

    def add(self, batch: Sequence[Candidate]) -> None:
        """Take in what was tried of a batch, in order, all at once; what the budget left untried is not."""
        tried = [candidate for candidate in batch if candidate.evaluation or candidate.broken]
        spent = self._spent()
        with self.archive.transaction():
            for candidate in tried:
                self._write(candidate, spent)
        self.candidates += tried

    def view(self) -> ArchiveView:
        """What a strategy sees."""
        return ArchiveView(tuple(candidate.entry() for candidate in self.candidates))

    def find(self, design_id: str) -> Evaluation | None:
        """The val evaluation of a design, partial or whole; ``None`` where it has none."""
        found = (c.evaluation for c in self.candidates if c.design.id == design_id)
        return next(found, None)

    def frontier(self) -> tuple[Entry, ...]:
        """Complete entries that none beats in both shrunk val score and cost, cheapest first."""
        entries = self.view().entries
        standing = [
            Standing(entry.design.id, entry.score or 0.0, entry.items, entry.cost_per_item, order)
            for order, entry in enumerate(entries)
            if entry.stage == "complete"
        ]
        return tuple(entries[ranked.candidate.order] for ranked in frontier(standing))

    def _spent(self) -> dict[str, Any]:
        """What the run was charged by now, for the archive: the candidates tried now cost the last of it."""
        if self.ledger is None:
            return {}
        spend = self.ledger.spend
        return {"spent": {"calls": spend.calls, "tokens": spend.tokens, "usd": spend.usd}}

    def _write(self, candidate: Candidate, spent: Mapping[str, Any]) -> None:
        entry = candidate.entry()
        self.archive.record_proposal(
            self.run, candidate.index, candidate.design, entry.stage, {**candidate.outcome(), **spent}
        )
        if candidate.broken and candidate.failure is not None:
            self.archive.add_failure(candidate.design, candidate.failure, self.run)
        if candidate.evaluation is not None and candidate.evaluation.results:
            self.archive.add_evaluation(candidate.evaluation, self.run)
