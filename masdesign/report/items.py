"""The winner beside step by step, item by item on `val`: where one is right and the other is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from masdesign.report.findings import RunFindings
from masdesign.types import Item, Result

MOST_ITEMS = 400
"""So many items are listed; where there are more, those on which the two differ come first."""


@dataclass(frozen=True, slots=True)
class ComparedItem:
    """One item of `val`."""

    item_id: str
    item: Item | None
    """``None`` where the task is not at hand: its question and target are then not known here."""
    winner: Result
    step: Result | None

    @property
    def outcome(self) -> str:
        """Which of the two did better."""
        ours = self.winner.score
        theirs = self.step.score if self.step is not None else None
        if ours is None or theirs is None:
            return "unscored" if ours is None else "not compared"
        if ours == theirs:
            return "both right" if ours == 1 else "both wrong" if ours == 0 else "equal"
        return "winner better" if ours > theirs else "step by step better"


def compared_items(findings: RunFindings) -> tuple[ComparedItem, ...]:
    """The items of the winner's val evaluation, in their order."""
    if findings.val is None:
        return ()
    items = {} if findings.task is None else {item.id: item for item in findings.task.val}
    steps = (
        {} if findings.step_val is None else {result.item_id: result for result in findings.step_val.results}
    )
    return tuple(
        ComparedItem(result.item_id, items.get(result.item_id), result, steps.get(result.item_id))
        for result in findings.val.results
    )


def listed(rows: Sequence[ComparedItem]) -> Sequence[ComparedItem]:
    """At most `MOST_ITEMS` of them."""
    if len(rows) <= MOST_ITEMS:
        return rows
    return sorted(rows, key=lambda row: not row.outcome.endswith("better"))[:MOST_ITEMS]
