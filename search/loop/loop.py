"""A search: baselines, then batch after batch of designs, then the leaders completed, then test.

Whatever the concurrency, results reach the strategy and the archive in the order of proposal. All
state derives from the seed and the completions, so that a run goes on by being run again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import log
from random import Random
from typing import Any

from masdesign.archive import Archive
from masdesign.building_blocks import BLOCKS
from masdesign.errors import InputError, SourceError
from masdesign.evaluation.aside import aside_note
from masdesign.experiments.curve import Curve
from masdesign.experiments.headroom import Headroom, Oracle
from masdesign.memory import EMPTY
from masdesign.search.designer import Designer
from masdesign.search.designer.diagnosis import Diagnoses
from masdesign.search.events import Watch
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.generate import ACTING_CALLS, MAX_CALLS, Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.insights.learning import begin
from masdesign.search.insights.library import leanings
from masdesign.search.insights.promising import promising
from masdesign.search.look.conclude import finish
from masdesign.search.look.result import SearchResult
from masdesign.search.loop.baselines import ACTS_CALLS, try_plain, try_votes, val_curve
from masdesign.search.loop.batches import complete_leaders, try_batch, try_batches
from masdesign.search.loop.candidate import Candidate
from masdesign.search.loop.estimate import Confirm, ask_about_spend, ask_nobody, tell_headroom
from masdesign.search.loop.history import History
from masdesign.search.loop.reserve import check_bounds, plan, typical_call
from masdesign.search.loop.stages import Stages
from masdesign.search.models import other_models, prices, repertoires
from masdesign.search.objective import Objective, ScoreObjective, objective_named
from masdesign.search.practice import Practice
from masdesign.search.settings import Settings
from masdesign.search.strategies import STRATEGIES
from masdesign.search.strategy import Setting, Start
from masdesign.search.transfer import earlier_of, seeds_of
from masdesign.session.run import Run
from masdesign.workflow import Block, Design
from masdesign.workflow.promoted import Promoted, promoted

LEANINGS = 4
"""Blocks that a run is told to lean to."""
LESSONS = "lessons"
"""The origin of designs that lessons speak for."""
Facts = Mapping[str, Any] | None
"""What may differ when a run goes on, as JSON values."""


async def search(
    run: Run,
    settings: Settings,
    *,
    name: str = "",
    facts: Mapping[str, Any] | None = None,
    confirm: Confirm = ask_nobody,
) -> SearchResult:
    """Search for the best workflow on the run's task.

    Parameters:
        name: the run to go on with; empty for a new one.
        facts: what may differ when the run goes on.
        confirm: is asked, with a question, before much is spent and where a search seems pointless; it
            returns to go on, and raises to end the run. A run that goes on was asked about before.

    Raises:
        InputError: the budget is too small, or bounds nothing (before anything is spent), ``name`` was
            something else, or the strategy needs a model that writes designs (role ``meta``) and has none,
            or has no use for one.
        BudgetExhausted: it ran out before a first design was evaluated.
        ProviderError: the model failed on too many items to compare designs, on every call of a batch, or on
            all of test. The run then goes on when it is asked for again.
    """
    explored = await explore(run, settings, name=name, facts=facts, confirm=confirm)
    explored.watch.enter("test")
    result = await finish(
        run, explored.history, explored.objective, settings, explored.watch, explored.headroom
    )
    explored.history.leave_insights()
    run.finish(result.to_json())
    return result


@dataclass(frozen=True)
class Explored:
    """A search up to its look at test."""

    history: History
    objective: Objective
    watch: Watch
    headroom: Headroom
    outage: str
    """What the model that writes designs ended the search with, where that failed; else empty."""


async def explore(
    run: Run,
    settings: Settings,
    *,
    name: str = "",
    facts: Mapping[str, Any] | None = None,
    confirm: Confirm = ask_nobody,
) -> Explored:
    """As `search`, without the look at test: what that needs is left of the ledger's budget."""
    runtime, ledger, archive, models = run.runtime, run.ledger, run.archive, run.runtime.models
    kind, meta = STRATEGIES.get(settings.strategy), runtime.roles.get("meta")
    kind.check_meta_model(None if meta is None else meta.model)
    discovered = _list_promoted(archive, name)
    grammar = grammar_of(run, settings, discovered)
    allowed = {name: block for name, block in runtime.blocks.items() if settings.admits(name)}
    bounded = replace(runtime, blocks=allowed)
    known_blocks = [block for block in discovered if settings.admits(block.name)]
    designer = None if meta is None else Designer(meta, bounded, ledger, run.task, promoted=known_blocks)
    further = len(other_models(models)) + (ACTS_CALLS if runtime.acting is not None else 0)
    check_bounds(ledger.budget, [*models.values(), runtime.embedding, meta])
    record = archive.run(name) if name else None
    confirm = ask_nobody if record else confirm
    forecast = ask_about_spend(ledger.budget, run.task, models, confirm, meta)
    call = await typical_call(run.task, runtime, ledger.budget)
    reserve = plan(ledger.budget, run.task, call, further)
    whole = len(run.task.val)
    used = reserve.val_items if record is None else record.settings.get("val_items", whole)
    task = run.task.first(val=used) if used < whole else run.task
    designs = settings.experience == "seeds" if settings.experience else settings.transfer
    seeds = seeds_of(archive, name, task, bounded) if designs and kind.takes_seeds else []
    earlier = earlier_of(archive, name, task, runtime) if designs and kind.takes_earlier else []
    learning = begin(
        archive, name, task, runtime, told=kind.takes_insights, experience=settings.experience,
        leans=kind.leans and (settings.transfer or bool(settings.experience)), seed=settings.seed,
    )  # fmt: skip
    suggested: dict[Design, Expression] = {}
    if kind.leans:
        grammar = replace(grammar, leanings=leanings(learning.prior))
        suggested = {design_of(tree, origin=LESSONS): tree for tree in promising(grammar, learning.prior)}
    spec = settings.spec(
        run.spec,
        task,
        prices=prices(models),
        seeds=[design.id for design in seeds],
        earlier=[[e.design.id, e.score, e.tokens_per_item, e.items] for e in earlier],
        promoted={block.name: block.version for block in discovered},
        designer=designer.record() if designer else None,
        insights=learning.record(),
    )
    run.begin(spec, name, facts or {})
    history = History(archive, run.name, learning)
    watch = Watch(ledger, history, run.on_event)
    stages = Stages(task, runtime, ledger, watch.on_result)
    watch.note(forecast)
    if grammar.leanings:
        watch.note(f"lessons of other tasks: {_say_leanings(grammar.leanings)}")
    if suggested:
        watch.note(f"they speak for {' and '.join(design.name for design in suggested)}, tried first")
    if used < whole:
        watch.note(f"the first {used} of {whole} val items are used; a larger budget uses more")
    watch.enter("baselines")
    async with run.phase("search", reserve.search):
        oracle = Oracle()
        plain = await try_plain(stages)
        if plain[0].evaluation is not None and (refused := aside_note(plain[0].evaluation)):
            watch.note(refused)
        if suggested:  # before the votes, which take far more calls
            history.add(plain, stages.spent)
            first = [
                Candidate(len(plain) + i, design, unit=plain[0].unit) for i, design in enumerate(suggested)
            ]
            await try_batch(first, stages, history, ScoreObjective())
            plain = []
        votes = await try_votes(stages, call, history.next_index + len(plain), oracle.see)
        history.add([*plain, *votes], stages.spent)
        headroom = tell_headroom(task, oracle, history, models, watch, confirm)
        curve = val_curve(history.candidates, models)
        objective = objective_named(settings.objective, lambda cost: curve.at(cost).score)
        for line in _remarks(curve, len(other_models(models)), settings):
            watch.note(line)
        watch.enter("search")
        setting = Setting(
            grammar,
            objective,
            Random(settings.seed),
            seeds=tuple(seeds),
            earlier=tuple(earlier),
            insights=learning.prior,
            diagnoses=Diagnoses(run.task, bounded, ledger) if designer is None else designer.diagnoses,
            designer=designer,
            practice=Practice(task, bounded, ledger) if task.train else None,
        )
        setting.book.know(suggested.values())
        strategy = kind(setting)
        if settings.start:
            strategy = Start(strategy, settings.start)
        async with run.phase("batches", max(ledger.spent, reserve.search - reserve.finishing)):
            outage = await try_batches(strategy, stages, history, objective, settings.batch, watch)
        if not outage:
            await complete_leaders(stages, history, objective, watch)
    history.lessons = strategy.lessons
    return Explored(history, objective, watch, headroom, outage)


def _say_leanings(known: Mapping[str, float]) -> str:
    """The blocks that what is grown leans to most, or away from."""
    names = sorted(known, key=lambda name: -abs(log(known[name])))[:LEANINGS]
    return ", ".join(f"{name} {known[name]:.1f} times as likely" for name in names)


def _remarks(curve: Curve, further: int, settings: Settings) -> Iterator[str]:
    """What several models mean for the comparison of costs."""
    if further and curve.unit == "tokens":
        yield "several models, and not a price of each: costs are compared in tokens; give their prices"
    if further and settings.objective == "score":
        yield "the score alone may take the costliest model; the objectives advantage and pareto weigh costs"


def _list_promoted(archive: Archive, run: str) -> tuple[Promoted, ...]:
    """The discovered blocks of the archive, of a run that goes on those that it began with.

    One that may make more calls than a grown design, or that a later masdesign does not take, is left out.
    """
    record = archive.run(run) if run else None
    ids = None if record is None else dict(record.settings.get("promoted", {}))
    return tuple(block for block in archive.promoted(ids).values() if block.calls <= MAX_CALLS)


def grammar_of(run: Run, settings: Settings, discovered: Sequence[Promoted] = ()) -> Grammar:
    """What the offline strategies of a run may grow.

    Raises:
        InputError: the settings name a block that there is not.
    """
    runtime, task = run.runtime, run.task
    names = runtime.blocks.keys() | {block.name for block in discovered}
    for name in (*settings.only, *settings.without):
        if name not in names:
            BLOCKS.get(name)  # which says what is near
    return Grammar(
        max_calls=MAX_CALLS if runtime.acting is None else ACTING_CALLS,
        tools=frozenset(runtime.tools),
        passages=any(len(item.context) > 1 for item in task.train),
        acting=runtime.acting is not None,
        memory=runtime.memory != EMPTY,
        demonstrations=any(item.solution for item in task.train),
        models=other_models(runtime.models),
        repertoires=repertoires(runtime.models),
        promoted=(*discovered, *_started(settings.start, runtime.blocks)),
        blocks=runtime.blocks,
        only=settings.only,
        without=settings.without,
        literature=settings.literature,
    )


def _started(designs: Sequence[Design], blocks: Mapping[str, Block[..., Any]]) -> Iterator[Promoted]:
    """The designs to start with as blocks, as far as they can stand within another design."""
    for number, design in enumerate(designs, start=1):
        with suppress(SourceError, InputError):
            yield promoted(design, f"start_{number}", blocks)
