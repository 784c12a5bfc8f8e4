"""A search: baselines, then batch after batch of designs, then the leaders completed, then test.

Whatever the concurrency, results reach the strategy and the archive in the order of proposal. All
state derives from the seed and the completions, so that a run goes on by being run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from masdesign.archive import Archive
from masdesign.evaluation.evaluator import model_label
from masdesign.experiments.headroom import Headroom, Oracle
from masdesign.lm import LM
from masdesign.registry import added_versions
from masdesign.search.baselines import try_baselines, val_curve
from masdesign.search.batches import try_batches
from masdesign.search.before import Confirm, ask_about_spend, ask_nobody, tell_headroom
from masdesign.search.completing import complete_leaders
from masdesign.search.designer import Designer
from masdesign.search.events import OnEvent, Started, ignore
from masdesign.search.finish import finish
from masdesign.search.grammar.generate import MAX_CALLS, Grammar
from masdesign.search.history import History
from masdesign.search.insights.learning import begin
from masdesign.search.objective import Objective, objective_named
from masdesign.search.reserve import call_cost, check_bounds, plan
from masdesign.search.result import SearchResult
from masdesign.search.settings import Settings
from masdesign.search.several import dearest, other_models, prices, repertoires
from masdesign.search.stages import Stages
from masdesign.search.strategies import STRATEGIES
from masdesign.search.strategy import Setting, Strategy
from masdesign.search.transfer import seeds_of
from masdesign.search.watch import Watch
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.workflow import Design, Runtime
from masdesign.workflow.promoted import Promoted


async def search(
    task: Task,
    runtime: Runtime,
    ledger: Ledger,
    archive: Archive,
    settings: Settings,
    *,
    run: str = "",
    facts: Mapping[str, Any] | None = None,
    on_event: OnEvent = ignore,
    confirm: Confirm = ask_nobody,
    meta: LM | None = None,
) -> SearchResult:
    """Search for the best workflow on a task.

    Parameters:
        runtime: opened with ``ledger``, so that its models charge it.
        run: the run to go on with; empty for a new one.
        facts: what may differ when the run goes on (budget, concurrency).
        confirm: is asked, with a question, before much is spent and where a search seems pointless; it
            returns to go on, and raises to end the run. A run that goes on was asked about before.
        meta: the model that writes designs, charging ``ledger`` too; for strategies that take one.

    Raises:
        InputError: the budget is too small, or bounds nothing (before anything is spent), ``run`` was
            something else, or the strategy needs a ``meta`` model and has none, or has no use for one.
        BudgetExhausted: it ran out before a first design was evaluated.
        ProviderError: the model failed on too many items to compare designs, or on all of test.
    """
    found = await explore(
        task,
        runtime,
        ledger,
        archive,
        settings,
        run=run,
        facts=facts,
        on_event=on_event,
        confirm=confirm,
        meta=meta,
    )
    ledger.limit = ledger.budget.limit
    found.watch.enter("test")
    result = await finish(
        found.task, runtime, ledger, found.history, found.objective, settings, found.watch, found.headroom
    )
    found.history.leave_insights()
    archive.finish_run(found.history.run, result.to_json())
    return result


@dataclass(frozen=True)
class Explored:
    """A search up to its look at test."""

    task: Task
    """With as much of val as was used."""
    history: History
    objective: Objective
    watch: Watch
    headroom: Headroom
    outage: str
    """What the provider said where it failed on every call, which ended the search early; else empty."""


async def explore(
    task: Task,
    runtime: Runtime,
    ledger: Ledger,
    archive: Archive,
    settings: Settings,
    *,
    run: str = "",
    facts: Mapping[str, Any] | None = None,
    on_event: OnEvent = ignore,
    confirm: Confirm = ask_nobody,
    meta: LM | None = None,
) -> Explored:
    """As `search`, without the look at test: what that needs is left of the ledger's budget."""
    STRATEGIES.get(settings.strategy).check_meta_model(None if meta is None else meta.model)
    promoted = _promoted(archive, run)
    designer = None if meta is None else Designer(meta, runtime, ledger, task, promoted=promoted)
    models = runtime.models
    further = len(other_models(models))
    check_bounds(ledger.budget, [*models.values(), runtime.embedding, meta])
    reserve = plan(ledger.budget, task, dearest(models), further)
    known = archive.run(run) if run else None
    whole = len(task.val)
    used = reserve.val_items if known is None else known.settings.get("val_items", whole)
    if used < whole:
        task = task.first(val=used)
    confirm = ask_nobody if known else confirm
    forecast = ask_about_spend(ledger.budget, task, models, confirm)
    seeds = _seeds(archive, run, task, runtime, settings)
    learning = begin(archive, run, task, runtime, told=STRATEGIES.get(settings.strategy).takes_insights)
    record = settings.record(
        run,
        task,
        model_label(models),
        facts or {},
        prices=prices(models),
        seeds=[design.id for design in seeds],
        promoted={block.name: block.version for block in promoted},
        designer=designer.record() if designer else None,
        insights=learning.record(),
        plugins=added_versions(),
    )
    name = archive.start_run(record)
    on_event(Started(name, known is not None))
    history = History(archive, name, learning)
    watch = Watch(ledger, history, on_event)
    stages = Stages(task, runtime, ledger, watch.on_result)
    watch.note(forecast)
    if used < whole:
        watch.note(f"the first {used} of {whole} val items are used; a larger budget uses more")
    ledger.limit = reserve.search
    oracle = Oracle()
    baselines = await try_baselines(stages, call_cost(ledger.budget, task, models[""]), oracle.see)
    history.add(baselines, stages.spent)
    headroom = tell_headroom(task, oracle, history, models, watch, confirm)
    curve = val_curve(history.candidates, models)
    objective = objective_named(settings.objective, lambda cost: curve.at(cost).score)
    if further and curve.unit == "tokens":
        watch.note("several models, and not a price of each: costs are compared in tokens; give --price")
    if further and settings.objective == "score":
        watch.note("the score alone may take the dearest model; --objective advantage or pareto weighs costs")
    watch.enter("search")
    strategy = _strategy(settings, task, objective, models, seeds, promoted, designer)
    ledger.limit = max(ledger.spent, reserve.search - reserve.finishing)
    outage = await try_batches(strategy, stages, history, objective, settings.batch, watch)
    ledger.limit = reserve.search
    if not outage:
        await complete_leaders(stages, history, objective, watch)
    history.lessons = strategy.lessons
    return Explored(task, history, objective, watch, headroom, outage)


def _seeds(archive: Archive, run: str, task: Task, runtime: Runtime, settings: Settings) -> list[Design]:
    if not (settings.transfer and STRATEGIES.get(settings.strategy).takes_seeds):
        return []
    return seeds_of(archive, run, task, runtime)


def _promoted(archive: Archive, run: str) -> tuple[Promoted, ...]:
    """The discovered blocks of the archive, of a run that goes on those that it began with.

    One that may make more calls than a grown design, or that a later masdesign does not take, is left out.
    """
    known = archive.run(run) if run else None
    ids = None if known is None else dict(known.settings.get("promoted", {}))
    return tuple(block for block in archive.promoted(ids).values() if block.calls <= MAX_CALLS)


def _strategy(
    settings: Settings,
    task: Task,
    objective: Objective,
    models: Mapping[str, LM],
    seeds: Sequence[Design],
    promoted: tuple[Promoted, ...],
    designer: Designer | None,
) -> Strategy:
    grammar = Grammar(
        python="python" in task.tools,
        passages=any(item.context for item in task.train),
        models=other_models(models),
        repertoires=repertoires(models),
        promoted=promoted,
    )
    rng = Random(settings.seed)
    setting = Setting(grammar, objective, rng, seeds=tuple(seeds), designer=designer)
    return STRATEGIES.get(settings.strategy)(setting)
