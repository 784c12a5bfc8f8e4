"""How a batch of candidates is tried: dry run, screening, race, the whole of val.

The batch goes through each stage together, all its items at once; accounts of the ledger are opened
in the order of proposal, then of items. A decision falls only between stages, and against what was
known when the batch was proposed, so that no result depends on timing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from math import ceil

from masdesign.archive.view import Entry, Stage
from masdesign.errors import BudgetExhausted, SourceError
from masdesign.evaluation import Evaluation, EvaluationCut, evaluate
from masdesign.search.candidate import Candidate, entries_of
from masdesign.search.objective import Objective, ScoreObjective
from masdesign.spending.ledger import Ledger
from masdesign.statistics.racing import Race
from masdesign.tasks import Task
from masdesign.types import ChoosingSplit, Failure, Item, Result
from masdesign.workflow import Runtime, check_in_thread

SCREEN_ITEMS = 24
"""Val items that every candidate answers first."""
SURVIVORS = 0.375
"""Share of a screened batch that goes on, the best (K. Jamieson, A. Talwalkar 2016, arXiv:1502.07943)."""
MARGIN = 2
"""Screened items that a candidate may be behind its rival and still go on."""
LOOKS = (36, 72, 108, 150)
"""Val items after which a race may stop."""
ALPHA = 0.5
"""The chance, at most, that a candidate as good as its rival is ever stopped in a race. A search loses
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
        sound = await self._dry_run([c for c in batch if await self._is_well_formed(c)])
        await self.extend(sound, self.task.val[:SCREEN_ITEMS], "screened")
        kept = self._survivors(sound, earlier, len(batch))
        racing = [candidate for candidate in kept if not self._is_behind(candidate, rivals)]
        await self._race(racing, rivals)

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
            candidate.failure = Failure("design", error.reason, error.line, error.cure)
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

    def _survivors(
        self, screened: Sequence[Candidate], earlier: Sequence[Candidate], proposed: int
    ) -> list[Candidate]:
        """The best part of the batch, in order of proposal."""
        ranked = self.objective.order(entries_of([*earlier, *screened])[len(earlier) :])
        kept = {entry.design.id for entry in ranked[: ceil(SURVIVORS * proposed)]}
        return [candidate for candidate in screened if candidate.design.id in kept]

    def _is_behind(self, candidate: Candidate, rivals: Mapping[Entry, Candidate]) -> bool:
        rival = self._rival(candidate, rivals)
        if rival is None:
            return False
        pairs = zip(candidate.scores, rival.scores, strict=False)
        return sum(a - b for a, b in pairs if a is not None and b is not None) < -MARGIN

    def _rival(self, candidate: Candidate, rivals: Mapping[Entry, Candidate]) -> Candidate | None:
        rival = self.objective.rival(candidate.entry(), list(rivals))
        return None if rival is None else rivals[rival]

    async def _race(self, racing: list[Candidate], rivals: Mapping[Entry, Candidate]) -> None:
        """Look by look through val, until each has lost its race or answered everything."""
        val = self.task.val
        races = {candidate.index: self._race_of(candidate, rivals) for candidate in racing}
        seen = SCREEN_ITEMS
        for look in (*(look for look in LOOKS if seen < look < len(val)), len(val)):
            if self.cut or not racing:
                return
            await self.extend(racing, val[seen:look])
            racing = [c for c in racing if not _is_lost(races[c.index], c)]
            seen = look

    def _race_of(self, candidate: Candidate, rivals: Mapping[Entry, Candidate]) -> Race | None:
        rival = self._rival(candidate, rivals)
        return None if rival is None else Race(tuple(rival.scores), ALPHA, (SCREEN_ITEMS, *LOOKS))

    async def _evaluate(
        self, candidates: Sequence[Candidate], split: ChoosingSplit, items: Sequence[Item]
    ) -> list[tuple[Candidate, Evaluation]]:
        """All at once. Where the budget is spent, the one that it cut is the last, with what it finished."""
        if self.cut:
            return []
        runs = [self._run(candidate, split, items) for candidate in candidates]
        evaluations: list[tuple[Candidate, Evaluation]] = []
        for candidate, outcome in zip(
            candidates, await asyncio.gather(*runs, return_exceptions=True), strict=True
        ):
            if isinstance(outcome, EvaluationCut):
                self.cut = True
                return [*evaluations, (candidate, outcome.partial)]
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


def _is_lost(race: Race | None, candidate: Candidate) -> bool:
    return race is not None and race.decide(candidate.scores) == "stop"
