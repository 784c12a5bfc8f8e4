"""The end of a search: the winner by val, one look at `test`, and the result.

The look is recorded before it is taken and scored block by block (`masdesign.session.Opening`): the winner
beside the baselines, on the same items, from shared draws.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from masdesign.archive.view import Entry
from masdesign.errors import BudgetExhausted, ProviderError
from masdesign.evaluation import Evaluation
from masdesign.evaluation.blank import answers_without_model, blank_control
from masdesign.evaluation.evaluator import empty_evaluation, model_label
from masdesign.evaluation.session import notes_of
from masdesign.experiments.curve import Curve, Point, advantage
from masdesign.experiments.headroom import Headroom
from masdesign.experiments.votes import evaluate_votes, self_consistency_design
from masdesign.search.events import Watch
from masdesign.search.look.break_even import break_even
from masdesign.search.look.result import LEADERS, Baseline, SearchResult
from masdesign.search.loop.baselines import VOTES, plain_designs, step_temperature, votes_of
from masdesign.search.loop.history import History
from masdesign.search.loop.reserve import cost_per_item
from masdesign.search.models import best_mixture, cost_unit, mixture_of
from masdesign.search.objective import Objective, Pareto, ScoreObjective
from masdesign.search.settings import Settings
from masdesign.session.opening import Opening
from masdesign.session.run import Run
from masdesign.statistics.claims import claims_of, error_of_look
from masdesign.tasks import Task
from masdesign.types import Item, Result
from masdesign.workflow import Design, Runtime

MOST_VOTES = 33
"""The curve is grown no further."""


@dataclass(frozen=True)
class FinalLook:
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

    async def look(self, winner: Design, items: int, further: Sequence[Design] = ()) -> FinalLook:
        """Score the winner, the baselines and ``further`` designs on the first ``items`` test items.

        Raises:
            BudgetExhausted: not even the first block of items could be scored.
        """
        run, task = self.run, self.run.task.first(test=items)
        votes = [self_consistency_design(k) for k in self._ks]
        plain = plain_designs(self.run.runtime.models, self.step_temperature)
        looked_at = {design.id for design in (winner, *plain, *votes)}
        others = [design for design in further if design.id not in looked_at]
        opening = Opening.record(run.archive, run.name, task, [winner, *plain, *votes, *others])
        scores = await opening.score(
            [winner, *plain, *others],
            run.runtime,
            run.ledger,
            further=lambda opening, items: self._votes(opening, self._ks, items),
            on_result=self.on_result,
        )
        curve = await self._curve(opening, scores, plain, scores[winner.id].tokens_per_item)
        for evaluation in scores.values():
            self.run.archive.add_evaluation(evaluation, self.run.name)
        blank = await blank_control(winner, task, opening, self.run.runtime)
        self.run.archive.note_control(scores[winner.id], blank)
        openings = len(self.run.archive.openings(self.run.name))
        coded = answers_without_model(blank, task, opening)
        beside = {design.id: scores[design.id] for design in further}
        return FinalLook(scores[winner.id], curve, blank, coded, beside, openings)

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
        ledger = self.run.ledger
        return share * largest.cost_per_item(ledger.budget.unit) * items <= ledger.remaining


def covering_vote(tokens: float, tokens_of_nine: float) -> int:
    """The least odd k, from 9 to 33, whose vote uses ``tokens`` an item; 33 where none does.

    >>> covering_vote(1000, 900), covering_vote(500, 900), covering_vote(9000, 900)
    (11, 9, 33)
    """
    draws = tokens * VOTES[-1] / max(tokens_of_nine, 1.0)
    return next((k for k in range(VOTES[-1], MOST_VOTES + 1, 2) if k >= draws), MOST_VOTES)


SHOWN_VOTES = (3, 5, 9)
MEASURED_ITEMS = 40
"""Val items on which the cost of a test item is measured."""
WELL_COVERED = 200
"""Test items from which on the reference curve is grown to the winner's tokens before more items."""


async def finish(
    run: Run,
    history: History,
    objective: Objective,
    settings: Settings,
    watch: Watch,
    headroom: Headroom,
) -> SearchResult:
    """Choose the winner among the complete evaluations on val, then look at test once.

    Raises `ProviderError` where the model failed on all that was looked at: the run has then not ended.
    """
    complete = [entry for entry in history.view().entries if entry.stage == "complete"]
    winner = objective.order(complete)[0]
    temperature = step_temperature(history.candidates)
    further = _further(objective, complete, run, history)
    items = await _affordable_items([winner.design, *further], temperature, run, history)
    look = await Closing(run, temperature, watch.on_result).look(winner.design, items, further)
    _check_scored(look.winner, run.name)
    return _result(winner, look, complete, run, history, settings, headroom)


def _further(objective: Objective, complete: list[Entry], run: Run, history: History) -> list[Design]:
    """What is looked at beside the winner where a frontier is sought: the frontier, and the best mixture."""
    if not isinstance(objective, Pareto):
        return []
    mixture = best_mixture(complete, run.runtime.models)
    designs = [*(entry.design for entry in history.frontier()), *([mixture] if mixture else [])]
    return list({design.id: design for design in designs}.values())


async def _affordable_items(chosen: list[Design], temperature: float, run: Run, history: History) -> int:
    """How many test items the rest of the budget covers, with the reference curve grown if it can be."""
    task, runtime, ledger = run.task, run.runtime, run.ledger
    ks = votes_of(runtime.models)
    nine = self_consistency_design(ks[-1])
    plain = plain_designs(runtime.models, temperature)
    winner, designs = chosen[0], list({d.id: d for d in (*chosen, *plain, nine)}.values())
    answered = {design.id: _val(design, task, runtime, history).items for design in designs}
    frozen = [design for design in designs if answered[design.id]]  # what was not would be charged now
    items = task.val[: min(MEASURED_ITEMS, *(answered[design.id] for design in frozen))]
    unit, voted = ledger.budget.unit, _val(nine, task, runtime, history)
    cost = await cost_per_item(frozen, task, items, runtime, unit)
    if not cost:
        return task.size("test")
    growth = 0.0
    if not voted.items:  # without votes, a draw stands for the most expensive plain way
        alone = [[design] for design in plain if answered[design.id]]
        cost += ks[-1] * max([await cost_per_item(lone, task, items, runtime, unit) for lone in alone])
    elif ks == VOTES:
        tokens = _val(winner, task, runtime, history).tokens_per_item
        longer = covering_vote(tokens, voted.tokens_per_item) - VOTES[-1]
        growth = longer / VOTES[-1] * await cost_per_item([nine], task, items, runtime, unit)
    covered = int(ledger.remaining / (cost + growth))
    if covered >= min(WELL_COVERED, task.size("test")):
        return min(covered, task.size("test"))
    return max(1, min(int(ledger.remaining / cost), task.size("test")))


def _check_scored(evaluation: Evaluation, run: str) -> None:
    if evaluation.items:
        return
    failures = [result.failure.message for result in evaluation.results if result.failure]
    reason = f" ({failures[0]})" if failures else ""
    raise ProviderError(
        f"the model failed on all {len(evaluation.results)} test items{reason}; what was found is kept: "
        f"resume run {run!r}, which asks for them again"
    )


def _val(design: Design, task: Task, runtime: Runtime, history: History) -> Evaluation:
    """A design's evaluation on val; of no item, where the budget ended before it."""
    evaluation = history.find(design.id)
    return evaluation or empty_evaluation(design, task, "val", runtime)


def _result(
    winner: Entry,
    look: FinalLook,
    complete: list[Entry],
    run: Run,
    history: History,
    settings: Settings,
    headroom: Headroom,
) -> SearchResult:
    task, runtime = run.task, run.runtime
    alone = {design.name for design in plain_designs(runtime.models)}
    shown = {"direct", "step_by_step", *alone, *(self_consistency_design(k).name for k in SHOWN_VOTES)}
    points = [point for point in look.curve.points if point.name in shown]
    frontier = history.frontier()
    mixture = best_mixture(complete, runtime.models) if look.further else None
    return SearchResult(
        run=history.run,
        task=task.name,
        model=model_label(runtime.models),
        strategy=settings.strategy,
        candidates=len(history.candidates) - history.failures,
        failures=history.failures,
        best=winner.design,
        best_val=_val(winner.design, task, runtime, history),
        best_val_shrunk=winner.shrunk or 0.0,
        best_test=look.winner,
        blank_control=look.blank,
        answers_without_model=look.answers_without_model,
        baselines=tuple(
            Baseline(point.name, history.find(point.evaluation.design_id), point.evaluation)
            for point in points
        ),
        claims=claims_of(
            look.winner,
            {p.name: p.evaluation for p in _compare(look, history)},
            seed=settings.seed,
            look=look.openings,
        ),
        advantage=advantage(
            look.winner, look.curve, seed=settings.seed, confidence=1 - error_of_look(look.openings)
        ),
        frontier=tuple(entry.design for entry in frontier),
        frontier_val=tuple(_val(entry.design, task, runtime, history) for entry in frontier),
        frontier_test=tuple(look.further[entry.design.id] for entry in frontier if look.further),
        mixture=mixture_of(mixture, look.further, look.curve, settings.seed) if mixture else None,
        cost_unit=look.curve.unit,
        default_model=runtime.name_of(""),
        model_notes=notes_of(runtime),
        leaders=tuple(ScoreObjective().order(complete)[:LEADERS]),
        headroom=headroom,
        break_even=break_even(look.winner, look.curve, run.spend, run.ledger.budget.unit),
        test_openings=look.openings,
        spend=run.spend,
    )


def _compare(look: FinalLook, history: History) -> list[Point]:
    """The plain ways that a claim is about: step by step, and the one that was best on val; not the winner
    itself, where that is one of them.

    The best is taken on val, on the items that all have answered there: taken on test, it would be lucky.
    """
    seen = {point.name: values for point in look.curve.points if (values := _seen(point, history))}
    common = [i for i in seen["step_by_step"] if all(i in scores for scores in seen.values())]
    best = max(seen, key=lambda name: (sum(seen[name][i] for i in common), name == "step_by_step"))
    points = [look.curve.point(name) for name in dict.fromkeys(("step_by_step", best))]
    return [point for point in points if point.evaluation.design_id != look.winner.design_id]


def _seen(point: Point, history: History) -> dict[str, float]:
    """Its val scores by item; none of a vote that was first measured on test."""
    evaluation = history.find(point.evaluation.design_id)
    return evaluation.scores if evaluation is not None else {}
