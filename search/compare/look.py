"""The one look at test that a comparison takes: every frozen design on the same items, from the same draws.

See `masdesign.session.Opening`: recorded first, scored block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from masdesign.archive import Archive, RunRecord
from masdesign.errors import BudgetExhausted, ProviderError
from masdesign.evaluation import Evaluation
from masdesign.evaluation.blank import blank_control
from masdesign.evaluation.evaluation import UNSCORED_SHARE
from masdesign.session.opening import Opening
from masdesign.session.run import Run
from masdesign.spending.spend import Spend
from masdesign.statistics.clusters import groups_of
from masdesign.workflow import Design

if TYPE_CHECKING:
    from masdesign.statistics.clusters import Groups

BLOCK = 50
"""Test items that all designs answer before the next are begun."""


@dataclass(frozen=True)
class ComparisonLook:
    """The frozen designs' scores on test."""

    evaluations: Mapping[str, Evaluation]
    """By design id, each of the same items."""
    spend: Spend
    openings: int
    """How often this comparison has opened test: once, unless its command changed."""
    blanks: Mapping[str, float]
    """The blank-model control of each winner by its id, on the same items, as far as it was taken."""

    @property
    def items(self) -> list[str]:
        """The items that every design has a score of, by id, so that the order in which they came to be
        scored decides nothing."""
        scored = [set(evaluation.scores) for evaluation in self.evaluations.values()]
        return sorted(set.intersection(*scored))

    @cached_property
    def groups(self) -> Groups | None:
        """The clusters of those items, where some share their passages."""
        clusters = {item: name for run in self.evaluations.values() for item, name in run.clusters.items()}
        return groups_of(self.items, clusters)


async def look(
    record: RunRecord,
    designs: Sequence[Design],
    run: Run,
    on_items: Callable[[int], None],
    *,
    winners: Collection[str] = (),
) -> ComparisonLook:
    """Open test for the designs, or take what this comparison has found there already.

    Parameters:
        winners: ids of the designs that get a blank-model control.

    Raises:
        BudgetExhausted: not even the first block of items could be scored.
        ProviderError: the model failed on more than 1 % of the items.
    """
    archive, ledger, task = run.archive, run.ledger, run.task
    earlier = archive.run(record.name)
    if (
        earlier is not None
        and earlier.finished is not None
        and earlier.outcome is not None
        and not earlier.foreign
    ):
        return _recall(archive, record.name, earlier.outcome)
    with archive.transaction():
        archive.start_run(record)
        opening = Opening.record(archive, record.name, task, designs)
    try:
        evaluations = await opening.score(designs, run.runtime, ledger, block=BLOCK, on_block=on_items)
    except BudgetExhausted as error:
        raise BudgetExhausted(
            f"what the searches set aside does not cover {min(BLOCK, len(opening.items))} test items of "
            f"{len(designs)} designs; give a larger budget"
        ) from error
    opened = ComparisonLook(evaluations, ledger.spend, len(archive.openings(record.name)), {})
    size = len(next(iter(evaluations.values())).results)
    if len(opened.items) < (1 - UNSCORED_SHARE) * size:
        raise ProviderError(
            f"the model failed on {size - len(opened.items)} of {size} test items; the same command "
            "goes on and asks for them again"
        )
    with archive.transaction():
        for evaluation in evaluations.values():
            archive.add_evaluation(evaluation, record.name)
    items = opening.task.unseal(opening)[:size]
    blanks: dict[str, float] = {}
    for design in designs:
        if design.id in winners:
            blanks[design.id] = await blank_control(design, task, opening, run.runtime, items=items)
            archive.note_control(evaluations[design.id], blanks[design.id])
    return replace(opened, blanks=blanks)


def outcome_of(opened: ComparisonLook, best: str) -> dict[str, Any]:
    """What the archive keeps of the comparison beside the scores; ``best`` is a design chosen on val."""
    scored = [result.item_id for result in next(iter(opened.evaluations.values())).results]
    return {"best": {"id": best}, "spend": opened.spend.to_json(), "test_items": scored}


def _recall(archive: Archive, run: str, outcome: Mapping[str, Any]) -> ComparisonLook:
    """As it was; other looks since may have added items to an evaluation, which are left out."""
    summaries = archive.summaries(split="test", run=run)
    controls = archive.controls(summaries)
    blanks = {s.design_id: controls[s.seq] for s in summaries if s.seq in controls}
    wanted, (opening, *_) = set(outcome["test_items"]), archive.openings(run)
    stored = {
        e.design_id: replace(e, results=tuple(r for r in e.results if r.item_id in wanted))
        for e in archive.evaluations(split="test", run=run)
    }
    kept = {design: stored[design] for design in opening.designs}
    return ComparisonLook(kept, Spend.from_json(outcome["spend"]), len(archive.openings(run)), blanks)
