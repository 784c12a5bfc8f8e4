"""How a batch of candidates is tried: dry run, screening, race, the whole of val.

The batch goes through each stage together, all its items at once; accounts of the ledger are opened
in the order of proposal, then of items. A decision falls only between stages, and against what was
known when the batch was proposed, so that no result depends on timing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from math import ceil
from typing import NamedTuple

from masdesign.archive.view import Entry, Stage
from masdesign.errors import BudgetExhausted, SourceError
from masdesign.evaluation import Evaluation, EvaluationCut, evaluate
from masdesign.search.loop.candidate import Candidate, entries_of
from masdesign.search.objective import Objective, ScoreObjective
from masdesign.spending.ledger import Ledger
from masdesign.statistics.betting import highest_wealth
from masdesign.tasks import Task
from masdesign.types import ChoosingSplit, Item, Result
from masdesign.workflow import Runtime, check_in_thread
from masdesign.workflow.faults import failure_of


class Look(NamedTuple):
    """A number of val items after which a candidate may be stopped."""

    items: int
    share: float
    """Of the batch that goes on at most, the best (K. Jamieson, A. Talwalkar 2016, arXiv:1502.07943)."""
    behind: int
    """Items that a candidate may be behind its rival and still go on."""


LOOKS = (
    Look(8, 0.75, 3), Look(16, 0.5, 3), Look(24, 0.375, 3), Look(36, 1, 4), Look(54, 1, 4),
    Look(72, 1, 4), Look(90, 1, 4), Look(108, 1, 3), Look(150, 1, 3),
)  # fmt: skip
SCREEN_ITEMS = 24
"""Val items up to which a candidate is screened; those that go further race."""
ALPHA = 0.1
"""The chance, at most, that a candidate as good as its rival is ever shown to be worse. A search loses
nothing where one of two equals goes; ``tests/benchmarks/bench_racing.py`` measures what it may lose."""


class Stages:
    """Tries batches of candidates on one task.

    ``cut`` is set once the budget ended a stage: from then on nothing more can be tried.
    """

    def __init__(
        self,
        task: Task,
        runtime: Runtime,
        ledger: Ledger,
        on_result: Callable[[Result], None] | None = None,
    ) -> None:
        self.task, self.runtime, self.ledger, self.on_result = task, runtime, ledger, on_result
        self.objective: Objective = ScoreObjective()
        self.cut = False

    @property
    def spent(self) -> float:
        """What was spent up to here, in the budget's unit; all of the limit once the budget ended a stage."""
        return self.ledger.limit if self.cut else self.ledger.spent

    async def try_batch(
        self, batch: Sequence[Candidate], earlier: Sequence[Candidate], objective: Objective
    ) -> None:
        """Take each candidate as far as it deserves; ``earlier`` are those of earlier batches."""
        self.objective = objective
        rivals = {
            entry: candidate
            for entry, candidate in zip(entries_of(earlier), earlier, strict=True)
            if candidate.complete
        }
        items = self._unsolved_first(list(rivals.values()))
        racing = await self._dry_run([c for c in batch if await self._is_well_formed(c)])
        seen = 0
        for look in (*(look for look in LOOKS if look.items < len(items)), Look(len(items), 1, len(items))):
            if self.cut or not racing:
                return
            stage: Stage = "screened" if look.items <= SCREEN_ITEMS else "raced"
            await self.extend(racing, items[seen : look.items], stage)
            if look.share < 1 or not rivals:
                best = self._best(racing, earlier)[: ceil(look.share * len(batch))]
                kept = {candidate.index for _, candidate in best}
                racing = [candidate for candidate in racing if candidate.index in kept]
            against = rivals or dict(best[:1])
            racing = [candidate for candidate in racing if self._goes_on(candidate, against, look)]
            seen = look.items

    def _unsolved_first(self, complete: Sequence[Candidate]) -> list[Item]:
        """Val's items, those last that every complete design solves.

        On those a candidate can only lose, and rarely does. Items that no design solves stay among the first:
        there a candidate shows that it can do what the others cannot. Within both parts the order is
        val's, so that the first of them are a random sample of theirs. The order rests on earlier designs
        alone, never on the candidate's own answers.
        """
        by_item = [candidate.evaluation.scores for candidate in complete if candidate.evaluation]
        solved = {item.id: all(scores.get(item.id) == 1 for scores in by_item) for item in self.task.val}
        return sorted(self.task.val, key=lambda item: bool(by_item) and solved[item.id])

    async def extend(
        self, candidates: Sequence[Candidate], items: Sequence[Item], stage: Stage = "raced"
    ) -> None:
        """Let the candidates answer further val items."""
        for candidate, more in await self._evaluate(candidates, "val", items):
            candidate.extend(more)
            candidate.stage = "complete" if candidate.complete else stage

    async def _is_well_formed(self, candidate: Candidate) -> bool:
        if candidate.failure is not None:  # its designer has found it, and could not repair it
            return False
        try:
            await check_in_thread(
                candidate.design.source, self.runtime.blocks, models=tuple(self.runtime.models)
            )
        except SourceError as error:
            candidate.failure = failure_of(error)
            return False
        return True

    async def _dry_run(self, candidates: list[Candidate]) -> list[Candidate]:
        """One train item each, to find what breaks at once; a task without train items has none."""
        sound = []
        for candidate, evaluation in await self._evaluate(candidates, "train", self.task.train[:1]):
            failures = [result.failure for result in evaluation.results if result.failure]
            candidate.failure = failures[0] if failures else None
            if not candidate.broken:
                sound.append(candidate)
        return sound

    def _best(
        self, racing: Sequence[Candidate], earlier: Sequence[Candidate]
    ) -> list[tuple[Entry, Candidate]]:
        """Those of the batch that are still in, the first of them first."""
        entries = entries_of([*earlier, *racing])[len(earlier) :]
        by_id = {candidate.design.id: candidate for candidate in racing}
        return [(entry, by_id[entry.design.id]) for entry in self.objective.order(entries)]

    def _goes_on(self, candidate: Candidate, rivals: Mapping[Entry, Candidate], look: Look) -> bool:
        """Whether it is neither shown to be worse than its rival, nor too far behind.

        Where nothing is complete yet, the rival is the first of the batch, and how far behind says nothing.
        """
        entry = self.objective.rival(candidate.entry(), list(rivals))
        rival = None if entry is None else rivals[entry]
        if rival is None or rival is candidate:
            return True
        losses = [theirs - own for own, theirs in candidate.paired(rival)]
        if highest_wealth(losses) * ALPHA >= 1:
            return False
        return not rival.complete or sum(losses) <= look.behind

    async def _evaluate(
        self, candidates: Sequence[Candidate], split: ChoosingSplit, items: Sequence[Item]
    ) -> list[tuple[Candidate, Evaluation]]:
        """All at once. Where the budget is spent, the one that it cut is the last, with what it finished.

        What that one reached only because the provider failed an item before, which was not paid for, is left
        out: it is on record, and the resume pays that item first.
        """
        if self.cut:
            return []
        runs = [self._run(candidate, split, items) for candidate in candidates]
        evaluations: list[tuple[Candidate, Evaluation]] = []
        for candidate, outcome in zip(
            candidates, await asyncio.gather(*runs, return_exceptions=True), strict=True
        ):
            if isinstance(outcome, EvaluationCut):
                self.cut = True
                if any(result.provider_failed for _, whole in evaluations for result in whole.results):
                    return evaluations
                reached = takewhile(lambda result: not result.provider_failed, outcome.partial.results)
                return [*evaluations, (candidate, replace(outcome.partial, results=tuple(reached)))]
            if isinstance(outcome, BudgetExhausted):
                self.cut = True
                return evaluations
            if isinstance(outcome, BaseException):
                raise outcome
            evaluations.append((candidate, outcome))
        return evaluations

    async def _run(self, candidate: Candidate, split: ChoosingSplit, items: Sequence[Item]) -> Evaluation:
        return await evaluate(
            candidate.design,
            self.task,
            split,
            self.runtime,
            items=items,
            ledger=self.ledger,
            on_result=self.on_result,
        )
