"""The one look at `test`: the winner beside the baselines, on the same items, from shared draws.

The winner was chosen on val before (`masdesign.session.Opening`: recorded first, scored block by block).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from masdesign.errors import BudgetExhausted
from masdesign.evaluation import Evaluation
from masdesign.experiments.blank import answers_without_model, blank_control
from masdesign.experiments.curve import Curve, Point
from masdesign.experiments.votes import evaluate_votes, self_consistency_design
from masdesign.search.baselines import VOTES, plain_designs, votes_of
from masdesign.search.models import cost_unit
from masdesign.session.opening import Opening
from masdesign.session.run import Run
from masdesign.types import Item, Result
from masdesign.workflow import Design

MOST_VOTES = 33
"""The curve is grown no further."""


@dataclass(frozen=True)
class Look:
    """What the look at test found."""

    winner: Evaluation
    curve: Curve
    blank: float
    """The winner's score when every completion is the same blank: above chance, its code answers."""
    answers_without_model: bool
    """Whether that is so, beyond what the number of items looked at leaves open."""
    further: dict[str, Evaluation]
    """What else was looked at, by the design's id."""
    openings: int
    """How often this run has opened test; more than 1 only where it went on with another budget."""


@dataclass
class Closing:
    """Takes the look, within what the ledger still allows."""

    run: Run
    step_temperature: float
    on_result: Callable[[Result], None] | None = None

    async def look(self, winner: Design, items: int, further: Sequence[Design] = ()) -> Look:
        """Score the winner, the baselines and ``further`` designs on the first ``items`` test items.

        Raises:
            BudgetExhausted: not even the first block of items could be scored.
        """
        run, task = self.run, self.run.task.first(test=items)
        votes = [self_consistency_design(k) for k in self._ks]
        plain = plain_designs(self.run.runtime.models, self.step_temperature)
        known = {design.id for design in (winner, *plain, *votes)}
        others = [design for design in further if design.id not in known]
        opening = Opening.record(run.archive, run.name, task, [winner, *plain, *votes, *others])
        scores = await opening.score(
            [winner, *plain, *others],
            run.runtime,
            run.ledger,
            further=self._votes_of,
            on_result=self.on_result,
        )
        curve = await self._curve(opening, scores, plain, scores[winner.id].tokens_per_item)
        for evaluation in scores.values():
            self.run.archive.add_evaluation(evaluation, self.run.name)
        blank = await blank_control(winner, task, opening, self.run.runtime)
        openings = len(self.run.archive.openings(self.run.name))
        coded = answers_without_model(blank, task, opening)
        seen = {design.id: scores[design.id] for design in further}
        return Look(scores[winner.id], curve, blank, coded, seen, openings)

    async def _votes_of(self, opening: Opening, items: Sequence[Item]) -> list[Evaluation]:
        return await self._votes(opening, self._ks, items)

    async def _votes(self, opening: Opening, ks: Sequence[int], items: Sequence[Item]) -> list[Evaluation]:
        votes = await evaluate_votes(
            opening.task,
            opening,
            self.run.runtime,
            ks,
            items=items,
            ledger=self.run.ledger,
            on_result=self.on_result,
        )
        return list(votes.values())

    async def _curve(
        self, opening: Opening, scores: Mapping[str, Evaluation], plain: Sequence[Design], tokens: float
    ) -> Curve:
        """The reference curve, grown by one larger vote where the winner's tokens ask for it."""
        points = [
            Point("direct", None, scores[plain[0].id]),
            Point("step_by_step", None, scores[plain[1].id]),
        ]
        points += [Point(design.name, None, scores[design.id]) for design in plain[2:]]
        points += [self._vote(k, scores[self_consistency_design(k).id]) for k in self._ks]
        largest = points[-1].evaluation
        k = covering_vote(tokens, largest.tokens_per_item) if self._ks == VOTES else 0
        items = opening.task.unseal(opening)
        if k > VOTES[-1] and self._affords((k - VOTES[-1]) / VOTES[-1], largest, len(items)):
            with suppress(BudgetExhausted):  # the curve then ends before the winner, and says so
                points.append(self._vote(k, (await self._votes(opening, (k,), items))[0]))
        return Curve(tuple(points), self.step_temperature, cost_unit(self.run.runtime.models))

    @property
    def _ks(self) -> tuple[int, ...]:
        return votes_of(self.run.runtime.models)

    def _vote(self, k: int, evaluation: Evaluation) -> Point:
        return Point(self_consistency_design(k).name, k, evaluation)

    def _affords(self, share: float, largest: Evaluation, items: int) -> bool:
        """Whether ``share`` of what the largest vote used, on every item again, is still there."""
        if len(largest.results) < items:
            return False
        per_item = {
            "calls": largest.calls_per_item,
            "tokens": largest.tokens_per_item,
            "usd": largest.usd_per_item,
            "min": 0.0,
        }
        return share * per_item[self.run.ledger.budget.unit] * items <= self.run.ledger.remaining


def covering_vote(tokens: float, tokens_of_nine: float) -> int:
    """The least odd k, from 9 to 33, whose vote uses ``tokens`` an item; 33 where none does.

    >>> covering_vote(1000, 900), covering_vote(500, 900), covering_vote(9000, 900)
    (11, 9, 33)
    """
    draws = tokens * VOTES[-1] / max(tokens_of_nine, 1.0)
    return next((k for k in range(VOTES[-1], MOST_VOTES + 1, 2) if k >= draws), MOST_VOTES)
