"""The one look at test that a comparison takes: every frozen design on the same items, from the same draws.

The opening is recorded before anything is scored. Items are taken in blocks, each by all designs, so
that where the budget ends early all designs have answered the same items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from masdesign.archive import Archive, RunRecord
from masdesign.errors import BudgetExhausted, ProviderError
from masdesign.evaluation import Evaluation, evaluate
from masdesign.evaluation.evaluation import UNSCORED_SHARE
from masdesign.search.closing import all_of
from masdesign.spending.ledger import Ledger
from masdesign.spending.spend import Spend
from masdesign.tasks import Task
from masdesign.types import Item
from masdesign.workflow import Design, Runtime

BLOCK = 50
"""Test items that all designs answer before the next are begun."""
TOGETHER = 8
"""Designs that answer a block at once."""


@dataclass(frozen=True)
class Look:
    """The frozen designs' scores on test."""

    evaluations: Mapping[str, Evaluation]
    """By design id, each of the same items."""
    spend: Spend
    openings: int
    """How often this comparison has opened test: once, unless its command changed."""

    @property
    def items(self) -> list[str]:
        """The items that every design has a score of, by id, so that the order in which they came to be
        scored decides nothing."""
        scored = [set(evaluation.scores) for evaluation in self.evaluations.values()]
        return sorted(set.intersection(*scored))


async def look(
    record: RunRecord,
    designs: Sequence[Design],
    task: Task,
    runtime: Runtime,
    ledger: Ledger,
    archive: Archive,
    on_items: Callable[[int], None],
) -> Look:
    """Open test for the designs, or take what this comparison has found there already.

    Raises:
        BudgetExhausted: not even the first block of items could be scored.
        ProviderError: the model failed on more than 1 % of the items.
    """
    known = archive.run(record.name)
    if known is not None and known.finished is not None and known.outcome is not None and not known.foreign:
        return _remembered(archive, record.name, known.outcome)
    with archive.transaction():
        archive.start_run(record)
        archive.open_test(record.name, [d.id for d in designs], [item.id for item in task.test])
    found = await _score(designs, task, runtime, ledger, on_items)
    opened = Look(found, ledger.spend, len(archive.openings(record.name)))
    asked = len(next(iter(found.values())).results)
    if len(opened.items) < (1 - UNSCORED_SHARE) * asked:
        raise ProviderError(
            f"the model failed on {asked - len(opened.items)} of {asked} test items; the same command "
            "goes on and asks for them again"
        )
    with archive.transaction():
        for evaluation in found.values():
            archive.add_evaluation(evaluation, record.name)
    return opened


def outcome_of(opened: Look, best: str) -> dict[str, Any]:
    """What the archive keeps of the comparison beside the scores; ``best`` is a design chosen on val."""
    scored = [result.item_id for result in next(iter(opened.evaluations.values())).results]
    return {"best": {"id": best}, "spend": asdict(opened.spend), "test_items": scored}


def _remembered(archive: Archive, run: str, outcome: Mapping[str, Any]) -> Look:
    """As it was; other looks since may have added items to an evaluation, which are left out."""
    wanted, (opening, *_) = set(outcome["test_items"]), archive.openings(run)
    found = {
        e.design_id: replace(e, results=tuple(r for r in e.results if r.item_id in wanted))
        for e in archive.evaluations(split="test", run=run)
    }
    kept = {design: found[design] for design in opening.designs}
    return Look(kept, Spend(**outcome["spend"]), len(archive.openings(run)))


async def _score(
    designs: Sequence[Design],
    task: Task,
    runtime: Runtime,
    ledger: Ledger,
    on_items: Callable[[int], None],
) -> dict[str, Evaluation]:
    """Block by block; a block that the budget cuts is dropped for all, and is the last."""
    found: dict[str, Evaluation] = {}
    for start in range(0, len(task.test), BLOCK):
        block = task.test[start : start + BLOCK]
        try:
            evaluations = await _score_block(designs, task, block, runtime, ledger)
        except BudgetExhausted as error:
            if found:
                break
            raise BudgetExhausted(
                f"what the searches set aside does not cover {len(block)} test items of {len(designs)} "
                "designs; give a larger --budget"
            ) from error
        for evaluation in evaluations:
            known = found.get(evaluation.design_id)
            merged = evaluation if known is None else known.extended(evaluation.results)
            found[evaluation.design_id] = merged
        on_items(start + len(block))
    return found


async def _score_block(
    designs: Sequence[Design], task: Task, block: Sequence[Item], runtime: Runtime, ledger: Ledger
) -> Iterable[Evaluation]:
    found: list[Evaluation] = []
    for first in range(0, len(designs), TOGETHER):
        some = designs[first : first + TOGETHER]
        runs = [evaluate(design, task, "test", runtime, items=block, ledger=ledger) for design in some]
        found += await all_of(*runs)
    return found
