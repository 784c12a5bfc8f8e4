"""A run's candidates in order of proposal: stage, score, cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from masdesign.archive import Archive, RunRecord
from masdesign.archive.leaderboard import Leaderboard, Standing
from masdesign.archive.tables.evaluations import Summary
from masdesign.report.outcome import inside, number
from masdesign.types import Failure
from masdesign.workflow import Design

STAGES = {
    "failed": "never scored",
    "screened": "stopped after a few items",
    "raced": "stopped in its race",
    "complete": "all of val",
}
"""What the stages of a candidate are called on the page."""


@dataclass(frozen=True, slots=True)
class ReportedCandidate:
    """One candidate of a run."""

    place: int
    """In the order of proposal, from 1."""
    design: Design
    stage: str
    val: Summary | None
    """Its evaluation on val, as far as it went."""
    cost: float | None
    """An item, in the run's unit: tokens or USD."""
    spent: float | None
    """What the run had been charged when this candidate had been tried, in its budget's unit; ``None`` where
    the archive does not say."""
    counts: Mapping[str, int]
    """Items failed, by kind."""
    failure: Failure | None
    """Why it was never scored."""
    shrunk: float | None = None
    """Its shrunk val score, where it answered all of val."""
    rank: int | None = None
    """1 for the best shrunk score."""
    on_frontier: bool = False

    @property
    def score(self) -> float | None:
        """Mean val score in 0..1 over the items that it answered; ``None`` without one."""
        return self.val.score if self.val is not None and self.val.items else None

    @property
    def complete(self) -> bool:
        """Whether it answered all of val, so that its score can be compared."""
        return self.val is not None and self.val.complete

    @property
    def summary(self) -> str:
        """Name, score and costs in one line."""
        if self.val is None or self.score is None:
            return f"{label(self.design)}: {STAGES.get(self.stage, self.stage)}"
        return (
            f"{label(self.design)}: {self.score:.3f} on {self.val.items} items, "
            f"{self.val.tokens_per_item:.0f} tokens an item"
        )


def by_rank(candidates: Iterable[ReportedCandidate]) -> list[ReportedCandidate]:
    """The best first, then those without a rank in order of proposal."""
    return sorted(candidates, key=lambda each: (each.rank is None, each.rank or 0, each.place))


def label(design: Design) -> str:
    """What a design is called: its name, else its id."""
    return " ".join(design.name.split()) or design.id


def tried(archive: Archive, run: RunRecord, unit: str = "tokens") -> tuple[ReportedCandidate, ...]:
    """The run's candidates; ``unit`` is in what it compared costs, ``tokens`` or ``usd``."""
    proposals = archive.proposals(run.name)
    ids = {row["design_id"] for row in proposals}
    designs = {stored.design.id: stored.design for stored in archive.all_stored(ids)}
    val = _latest(archive.summaries(run=run.name, split="val"))
    failures = {design: failure for design, _, failure in archive.failures(run=run.name)}
    candidates = [
        _make_candidate(row, designs[row["design_id"]], val.get(row["design_id"]), failures, unit)
        for row in proposals
        if row["design_id"] in designs
    ]
    return _rank(candidates, archive.estimates(val.values()))


def _latest(summaries: list[Summary]) -> dict[str, Summary]:
    """The evaluation to show of each design: ours before imported, then the newest."""
    ordered = sorted(summaries, key=lambda s: (not s.foreign, s.seq))
    return {summary.design_id: summary for summary in ordered}


def _make_candidate(
    row: Mapping[str, Any], design: Design, val: Summary | None, failures: Mapping[str, Failure], unit: str
) -> ReportedCandidate:
    counts = inside(row["outcome"], "failures")
    cost = None if val is None else val.usd_per_item if unit == "usd" else val.tokens_per_item
    return ReportedCandidate(
        place=row["position"] + 1,
        design=design,
        stage=row["stage"],
        val=val,
        cost=cost,
        spent=number(row["outcome"], "spent"),
        counts={kind: int(number(counts, kind) or 0) for kind in ("design", "parse", "provider")},
        failure=failures.get(design.id),
    )


def _rank(
    candidates: list[ReportedCandidate], estimates: Mapping[str, float]
) -> tuple[ReportedCandidate, ...]:
    """With what to expect of those that answered all of val, and how they stand by it."""
    board = Leaderboard(
        Standing(id_, val.score, val.items, candidate.cost or 0.0, True, None, estimates[id_], place)
        for place, candidate in enumerate(candidates)
        if (val := candidate.val) is not None and candidate.complete and (id_ := candidate.design.id)
    )
    places = {standing.order: (n, standing.shrunk) for n, standing in enumerate(board.ranked(), start=1)}
    front = {standing.order for standing in board.frontier()}
    for n, (rank, shrunk) in places.items():
        candidates[n] = replace(candidates[n], rank=rank, shrunk=shrunk, on_frontier=n in front)
    return tuple(candidates)
