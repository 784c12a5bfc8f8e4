"""The only way to score `test`: a frozen set of designs, recorded before anything is scored."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from masdesign.archive import Archive
from masdesign.errors import BudgetExhausted
from masdesign.evaluation import Evaluation, evaluate
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item, Result
from masdesign.workflow import Design, Runtime

BLOCK = 100
"""Test items that all designs answer before the next are begun; fewer where all items are not many."""
LEAST_BLOCKS = 4
"""Fewest blocks of items in a look, so that a budget that ends early loses only a part of it."""
TOGETHER = 8
"""Designs that answer a block at once."""

Scoring = Callable[["Opening", Sequence[Item]], Awaitable[Iterable[Evaluation]]]
"""Scores further designs of the opening on a block of its items, as a joint vote does."""


@dataclass(frozen=True)
class Opening:
    """One look at `test`: which designs answer which items. Made by `record` alone.

    It is what `masdesign.evaluation.evaluate` and `Task.unseal` ask for.
    """

    key: str
    """Of the record in the archive."""
    designs: tuple[str, ...]
    items: tuple[str, ...]
    task: Task
    frozen: tuple[Design, ...]
    """The designs themselves, in the order given."""

    @classmethod
    def record(
        cls,
        archive: Archive,
        run: str | None,
        task: Task,
        designs: Iterable[Design],
        *,
        first: int | None = None,
    ) -> Opening:
        """Record the opening, and the designs, before anything is scored.

        The same designs and items in the same run are the same opening. ``run`` is the name of the run
        that looks; ``first`` opens that many of the task's test items only.
        """
        frozen = tuple({design.id: design for design in designs}.values())
        with archive.transaction():
            for design in frozen:
                archive.add_design(design)
            record = archive.open_test(run, [design.id for design in frozen], task.ids("test")[:first])
        return cls(record.key, record.designs, record.items, task, frozen)

    async def score(
        self,
        designs: Sequence[Design],
        runtime: Runtime,
        ledger: Ledger | None = None,
        *,
        own: Mapping[str, Runtime] | None = None,
        further: Scoring | None = None,
        block: int = 0,
        on_result: Callable[[Result], None] | None = None,
        on_block: Callable[[int], None] = lambda items: None,
    ) -> dict[str, Evaluation]:
        """Score the designs block by block, so that where the budget ends early all answered the same items.

        A block that the budget cuts is dropped for all designs, and is the last.

        Parameters:
            own: runtimes of the designs (by id) that run with another than ``runtime``.
            further: scores others of the opening's designs on each block.
            block: items in a block; 0: 100 or a quarter of all, whichever is less.
            on_block: called after each block with the number of items that are done.

        Returns:
            Evaluations by design id, each of the same items.

        Raises:
            BudgetExhausted: not even the first block could be scored.
        """
        items = self.task.unseal(self)
        block = block or max(1, min(BLOCK, -(-len(items) // LEAST_BLOCKS)))
        merged: dict[str, Evaluation] = {}

        def scoring_of(design: Design) -> Scoring:
            async def score(opening: Opening, some: Sequence[Item]) -> list[Evaluation]:
                with_, task = (own or {}).get(design.id, runtime), self.task
                evaluating = evaluate(
                    design, task, opening, with_, items=some, ledger=ledger, on_result=on_result
                )
                return [await evaluating]

            return score

        scorings = [scoring_of(design) for design in {design.id: design for design in designs}.values()]
        scorings += [further] if further else []
        for start in range(0, len(items), block):
            some = items[start : start + block]
            try:
                evaluations = await self._score_block(scorings, some)
            except BudgetExhausted:
                if not merged:
                    raise
                break
            for evaluation in evaluations:
                earlier = merged.get(evaluation.design_id)
                merged[evaluation.design_id] = earlier.extended(evaluation.results) if earlier else evaluation
            on_block(start + len(some))
        return merged

    async def _score_block(self, scorings: Sequence[Scoring], items: Sequence[Item]) -> list[Evaluation]:
        """Started in order; where some raise, all of a group have ended and the first error is raised."""
        evaluations: list[Evaluation] = []
        for first in range(0, len(scorings), TOGETHER):
            group = (scoring(self, items) for scoring in scorings[first : first + TOGETHER])
            for outcome in await asyncio.gather(*group, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
                evaluations += outcome
        return evaluations
