"""All that a run has tried so far, in order of proposal: kept here, and in the archive."""

from collections.abc import Mapping, Sequence

from masdesign.archive import Archive
from masdesign.archive.view import ArchiveView, Entry, frontier
from masdesign.evaluation import Evaluation
from masdesign.search.insights.learning import InsightLearning
from masdesign.search.loop.candidate import Candidate, entries_of
from masdesign.search.objective import Objective
from masdesign.workflow import Design


class History:
    """The candidates of a run. Writing one down again changes nothing, so that a run can go on."""

    def __init__(self, archive: Archive, run: str, learning: InsightLearning | None = None) -> None:
        self.archive, self.run, self.learning = archive, run, learning
        self.candidates: list[Candidate] = []
        self.lessons: Mapping[str, str] = {}
        """What a model said of insights, by what they are of."""
        self._view = ArchiveView((), learning.view(()) if learning else ())
        self.marks: list[tuple[float, int]] = []
        """After each batch: what was spent by then, and how many candidates there were."""

    @property
    def next_index(self) -> int:
        """The place of the next proposal."""
        return self.candidates[-1].index + 1 if self.candidates else 0

    @property
    def failures(self) -> int:
        """How many could not be scored."""
        return sum(candidate.entry().stage == "failed" for candidate in self.candidates)

    def add(self, batch: Sequence[Candidate], spent: float = 0.0) -> None:
        """Take in what was tried of a batch, in order; what the budget left untried is not.

        ``spent`` is what the run had been charged by then, in its budget's unit. Each candidate is kept whole
        or not at all; not all at once, since those who share the archive would wait for as long.
        """
        tried = [candidate for candidate in batch if candidate.evaluation or candidate.broken]
        for candidate in tried:
            with self.archive.transaction():
                self._write(candidate, spent)
        self.candidates += tried
        self._look_again(spent)

    def renew(self, candidate: Candidate, spent: float) -> None:
        """Write down a known candidate that has answered further items."""
        with self.archive.transaction():
            self._write(candidate, spent)
        self._look_again(spent)

    def view(self) -> ArchiveView:
        """What a strategy sees."""
        return self._view

    def leave_insights(self) -> None:
        """Write down what the run has learnt, for later ones."""
        if self.learning is not None:
            self.archive.add_insights(self.run, self.learning.own(self.candidates, self.lessons))

    def incumbents(self, objective: Objective) -> list[tuple[float, Design]]:
        """What stood first after each batch, where it changed, and what was spent by then."""
        incumbents = list[tuple[float, Design]]()
        for spent, count in self.marks:
            entries = entries_of(self.candidates[:count])
            complete = [entry for entry in entries if entry.stage == "complete"]
            best = objective.order(complete)[0].design if complete else None
            if best is not None and (not incumbents or incumbents[-1][1].id != best.id):
                incumbents.append((spent, best))
        return incumbents

    def find(self, design_id: str) -> Evaluation | None:
        """The val evaluation of a design, partial or whole; ``None`` where it has none."""
        evaluations = (c.evaluation for c in self.candidates if c.design.id == design_id)
        return next(evaluations, None)

    def frontier(self) -> tuple[Entry, ...]:
        """Complete entries that none beats in both shrunk val score and cost, cheapest first."""
        return tuple(frontier([entry for entry in self.view().entries if entry.stage == "complete"]))

    def _look_again(self, spent: float) -> None:
        self.marks.append((spent, len(self.candidates)))
        insights = self.learning.view(self.candidates) if self.learning else ()
        self._view = ArchiveView(entries_of(self.candidates), insights)

    def _write(self, candidate: Candidate, spent: float) -> None:
        entry = candidate.entry()
        outcome = {**candidate.outcome(), "spent": spent}
        self.archive.record_proposal(self.run, candidate.index, candidate.design, entry.stage, outcome)
        if candidate.broken and candidate.failure is not None:
            self.archive.add_failure(candidate.design, candidate.failure, self.run)
        if candidate.evaluation is not None and candidate.evaluation.results:
            self.archive.add_evaluation(candidate.evaluation, self.run)
