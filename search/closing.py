"""The one look at `test`: the winner beside the baselines, on the same items, from shared draws.

The winner was chosen on val before. The opening is recorded before anything is scored. Items are
taken in blocks, each by all designs, so that where a budget in tokens, money or minutes ends early,
all designs have answered the same items.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from masdesign.archive import Archive
from masdesign.errors import BudgetExhausted
from masdesign.evaluation import Evaluation, evaluate
from masdesign.experiments.blank import answers_without_model, blank_control
from masdesign.experiments.curve import Curve, Point
from masdesign.experiments.votes import evaluate_votes, self_consistency_design
from masdesign.search.baselines import VOTES, plain_designs, votes_of
from masdesign.search.reserve import first_items
from masdesign.search.several import cost_unit
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item, Result
from masdesign.workflow import Design, Runtime

MOST_VOTES = 33
"""The curve is grown no further."""
BLOCK = 100
"""Test items that all designs answer before the next are begun."""


@dataclass(frozen=True)
class Look:
    """What the look at test found."""

    winner: Evaluation
    curve: Curve
    blank: float
    """The winner's score when every completion is the same blank: above chance, its code answers."""
    answers_without_model: bool
    """Whether that is so, beyond what the number of items looked at leaves open."""
    openings: int
    """How often this run has opened test; more than 1 only where it went on with another budget."""


@dataclass
class Closing:
    """Takes the look, within what the ledger still allows."""

    task: Task
    runtime: Runtime
    ledger: Ledger
    archive: Archive
    run: str
    step_temperature: float
    on_result: Callable[[Result], None] | None = None
    _found: dict[str, Evaluation] = field(default_factory=dict, init=False)

    async def look(self, winner: Design, items: int) -> Look:
        """Score the winner and the baselines on the first ``items`` test items.

        Raises:
            BudgetExhausted: not even the first block of items could be scored.
        """
        task = first_items(self.task, test=items)
        votes = [self_consistency_design(k) for k in self._ks]
        plain = plain_designs(self.runtime.models, self.step_temperature)
        designs = list({design.id: design for design in (winner, *plain, *votes)}.values())
        with self.archive.transaction():
            for design in designs:
                self.archive.add_design(design)
            self.archive.open_test(self.run, [d.id for d in designs], [item.id for item in task.test])
        await self._score(task, [winner, *plain])
        curve = await self._curve(task, plain, self._found[winner.id].tokens_per_item)
        for found in self._found.values():
            self.archive.add_evaluation(found, self.run)
        blank = await blank_control(winner, task, "test", self.runtime)
        openings = len(self.archive.openings(self.run))
        coded = answers_without_model(blank, task, "test")
        return Look(self._found[winner.id], curve, blank, coded, openings)

    async def _score(self, task: Task, designs: Sequence[Design]) -> None:
        """Block by block; a block that the budget cuts is dropped for all, and is the last."""
        for start in range(0, len(task.test), BLOCK):
            block = task.test[start : start + BLOCK]
            try:
                found = await self._score_block(task, designs, block)
            except BudgetExhausted:
                if not self._found:
                    raise
                return
            for evaluation in found:
                known = self._found.get(evaluation.design_id)
                merged = evaluation if known is None else known.extended(evaluation.results)
                self._found[evaluation.design_id] = merged

    async def _score_block(
        self, task: Task, designs: Sequence[Design], block: Sequence[Item]
    ) -> list[Evaluation]:
        runs = [
            evaluate(
                design, task, "test", self.runtime, items=block, ledger=self.ledger, on_result=self.on_result
            )
            for design in designs
        ]
        *found, votes = await all_of(*runs, self._votes(task, self._ks, block))
        return [*found, *votes]

    async def _votes(self, task: Task, ks: Sequence[int], items: Sequence[Item]) -> list[Evaluation]:
        found = await evaluate_votes(
            task, "test", self.runtime, ks, items=items, ledger=self.ledger, on_result=self.on_result
        )
        return list(found.values())

    async def _curve(self, task: Task, plain: Sequence[Design], tokens: float) -> Curve:
        """The reference curve, grown by one larger vote where the winner's tokens ask for it."""
        points = [
            Point("direct", None, self._found[plain[0].id]),
            Point("step_by_step", None, self._found[plain[1].id]),
        ]
        points += [Point(design.name, None, self._found[design.id]) for design in plain[2:]]
        points += [self._vote(k, self._found[self_consistency_design(k).id]) for k in self._ks]
        largest = points[-1].evaluation
        k = covering_vote(tokens, largest.tokens_per_item) if self._ks == VOTES else 0
        if k > VOTES[-1] and self._affords((k - VOTES[-1]) / VOTES[-1], largest, task):
            with suppress(BudgetExhausted):  # the curve then ends before the winner, and says so
                points.append(self._vote(k, (await self._votes(task, (k,), task.test))[0]))
        return Curve(tuple(points), self.step_temperature, cost_unit(self.runtime.models))

    @property
    def _ks(self) -> tuple[int, ...]:
        return votes_of(self.runtime.models)

    def _vote(self, k: int, found: Evaluation) -> Point:
        return Point(self_consistency_design(k).name, k, found)

    def _affords(self, share: float, largest: Evaluation, task: Task) -> bool:
        """Whether ``share`` of what the largest vote used, on every item again, is still there."""
        if len(largest.results) < len(task.test):
            return False
        per_item = {
            "calls": largest.calls_per_item,
            "tokens": largest.tokens_per_item,
            "usd": largest.usd_per_item,
            "min": 0.0,
        }
        return share * per_item[self.ledger.budget.unit] * len(task.test) <= self.ledger.remaining


def covering_vote(tokens: float, tokens_of_nine: float) -> int:
    """The least odd k, from 9 to 33, whose vote uses ``tokens`` an item; 33 where none does.

    >>> covering_vote(1000, 900), covering_vote(500, 900), covering_vote(9000, 900)
    (11, 9, 33)
    """
    draws = tokens * VOTES[-1] / max(tokens_of_nine, 1.0)
    return next((k for k in range(VOTES[-1], MOST_VOTES + 1, 2) if k >= draws), MOST_VOTES)


async def all_of(*runs: Coroutine[Any, Any, Any]) -> list[Any]:
    """The results of all, started in order; where some raise, all have ended and the first is raised."""
    outcomes = await asyncio.gather(*runs, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return outcomes
