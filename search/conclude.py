"""The end of a search: the winner by val, one look at test, and the result."""

from __future__ import annotations

from masdesign.archive.view import Entry
from masdesign.errors import ProviderError
from masdesign.evaluation import Evaluation
from masdesign.evaluation.evaluator import empty_evaluation, model_label
from masdesign.evaluation.session import notes_of
from masdesign.experiments.curve import Point
from masdesign.experiments.headroom import Headroom
from masdesign.experiments.matched import advantage
from masdesign.experiments.votes import self_consistency_design
from masdesign.search.baselines import VOTES, plain_designs, step_temperature, votes_of
from masdesign.search.break_even import break_even
from masdesign.search.final_look import Closing, Look, covering_vote
from masdesign.search.history import History
from masdesign.search.measure import cost_per_item
from masdesign.search.mixtures import best_mixture, mixture_of
from masdesign.search.objective import Objective, Pareto, ScoreObjective
from masdesign.search.result import Baseline, SearchResult
from masdesign.search.settings import Settings
from masdesign.search.watch import Watch
from masdesign.session.run import Run
from masdesign.statistics.claims import claims_of, error_of_look
from masdesign.tasks import Task
from masdesign.workflow import Design, Runtime

SHOWN_VOTES = (3, 5, 9)
MEASURED_ITEMS = 40
"""Val items on which the cost of a test item is measured."""
WELL_COVERED = 200
"""Test items from which on the reference curve is grown to the winner's tokens before more items."""
LEADERS = 5


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
    look: Look,
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


def _compare(look: Look, history: History) -> list[Point]:
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
