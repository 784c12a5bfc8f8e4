"""`run_compare`: strategies at equal spend, with repeats, judged by one look at test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from masdesign.aio import blocking
from masdesign.archive import Archive, RunRecord
from masdesign.archive.calls import calls_beside
from masdesign.archive.runs import COMPARISON, digest
from masdesign.building_blocks import BLOCKS
from masdesign.errors import InputError
from masdesign.evaluation import open_runtime
from masdesign.evaluation.evaluator import model_label
from masdesign.evaluation.executors import LOCAL
from masdesign.lm import LM
from masdesign.lm.table import Models, name_in_role
from masdesign.records.cache import Cache
from masdesign.registry import in_overlay
from masdesign.search.before import Confirm, ask_about_spend, ask_nobody
from masdesign.search.compare.events import CompareEvent, Looking, OnCompareEvent, RepeatBegins
from masdesign.search.compare.look import look, outcome_of
from masdesign.search.compare.repeat import (
    Repeat,
    charged_to,
    known_repeat,
    record_of,
    search_once,
)
from masdesign.search.compare.result import Comparison, pairs_of, standings_of, total
from masdesign.search.reserve import Reserve, check_bounds, plan
from masdesign.search.settings import DEFAULT_BATCH, Settings
from masdesign.search.several import dearest, other_models, prices
from masdesign.search.strategies import STRATEGIES
from masdesign.search.strategy import Strategy
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task, load_task
from masdesign.workflow import Block, Runtime

DEFAULT_REPEATS = 5


@in_overlay
async def run_compare_async(
    task: Task | str | Path,
    strategies: Sequence[str | type[Strategy]],
    *,
    budget: str,
    repeats: int = DEFAULT_REPEATS,
    model: Models = "abacus",
    seed: int = 0,
    objective: str = "score",
    archive: Archive | str | Path | None = None,
    batch: int = DEFAULT_BATCH,
    concurrency: int = 64,
    executor: str = LOCAL,
    cache: Path | str | None = None,
    price: str | Mapping[str, str] | None = None,
    base_url: str | Mapping[str, str] | None = None,
    blocks: Iterable[Block[..., Any]] = (),
    on_event: OnCompareEvent | None = None,
    confirm: Confirm = ask_nobody,
) -> Comparison:
    """Let strategies search the same task at equal spend, several times each, and compare their winners.

    Repeat r has seed ``seed + r`` and world ``seed + r``, the same for every strategy. No run begins with
    what another one found. When all have chosen on val, test is opened once, for the winners and for what
    stood first along the way, from the same draws for all (world ``seed``). Each repeat is a run of the
    archive with a name of its own, so that the same call again goes on where it was interrupted.

    Parameters:
        strategies: two or more: names, or classes of your own.
        budget: of each search with its share of the look at test, in calls, tokens or usd. In all, no
            more than repeats times strategies times this is spent.
        repeats: searches of each strategy; with one, nothing can be said about others.
        objective, batch, model, archive, concurrency, executor, cache, price, base_url: as in `run_search`.
        blocks: blocks of your own that designs may name.
        on_event: is told where the comparison stands (`masdesign.search.compare.events`).
        confirm: is asked, with a question, before a new comparison spends much, as in `run_search`.

    Raises:
        InputError: a name, a file or the budget is wrong, before anything is spent; one line.
        BudgetExhausted: a budget ran out before a first design was evaluated.
        CredentialsError, ProviderError: the model refused the key, or failed on too many items.

    Example::

        found = await run_compare_async("arithmetic", ["random", "portfolio"], budget="4000calls")
        print(found.pair("portfolio", "random").difference)
    """
    chosen = task if isinstance(task, Task) else load_task(task)
    for more in blocks:
        BLOCKS.enter(more)
    kinds = [STRATEGIES.enter(each) for each in strategies]
    names = _checked(kinds, repeats, budget, name_in_role(model, "meta"))
    store = archive if isinstance(archive, Archive) else Archive(archive)
    try:
        path = calls_beside(store.place) if cache is None else cache
        async with AsyncExitStack() as stack:
            calls = stack.enter_context(Cache.at(path))
            opened = open_runtime(
                model,
                task=chosen,
                cache=calls,
                concurrency=concurrency,
                executor=executor,
                price=price,
                base_url=base_url,
            )
            runtime = await stack.enter_async_context(opened)
            settings = [Settings(n, objective, seed, batch, seed, transfer=False) for n in names]
            tell = on_event or (lambda event: None)
            job = _Job(
                chosen, settings, repeats, budget, seed, runtime, runtime.roles.get("meta"), store, tell
            )
            job.ask(confirm)
            return await job.run()
    finally:
        if store is not archive:
            store.close()


run_compare = blocking(run_compare_async)


def _checked(strategies: Sequence[str], repeats: int, budget: str, meta_model: str | None) -> list[str]:
    """The strategies' names; raises InputError where there is nothing to compare, or no equal spend."""
    names = list(strategies)
    writers = [name for name in names if _takes_meta_model(name)]
    for name in writers:
        STRATEGIES.get(name).check_meta_model(meta_model)
    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(f"strategies {', '.join(names) or 'none'}: name two or more, each once")
    if meta_model is not None and not writers:
        listed = ", ".join(names)
        raise InputError(f"none of {listed} uses a model that writes designs; leave out {meta_model}")
    if repeats < 1:
        raise InputError(f"repeats {repeats} is too small; give 1 or more")
    if Budget.parse(budget).unit == "min":
        raise InputError(f"a budget of {budget} is no equal spend; give it in calls, tokens or usd")
    return names


def _takes_meta_model(name: str) -> bool:
    kind = STRATEGIES.get(name)
    return kind.needs_meta_model or kind.takes_meta_model


@dataclass
class _Job:
    """A comparison that is under way."""

    task: Task
    settings: Sequence[Settings]
    """Of each strategy's first repeat."""
    repeats: int
    budget: str
    seed: int
    runtime: Runtime
    meta: LM | None
    """Writes designs for the strategies that need or take a model for that."""
    archive: Archive
    on_event: Callable[[CompareEvent], None]

    def ask(self, confirm: Confirm) -> None:
        """Before a new comparison spends much; one that goes on was asked about before."""
        self._reserve()
        each = Budget.parse(self.budget)
        for first in self.settings:
            asked = [*self.runtime.models.values(), self.runtime.embedding, self._meta_of(first)]
            check_bounds(each, asked)
        if any(self.archive.run(self._name(first, 0)) for first in self.settings):
            return
        whole = Budget(each.limit * self.repeats * len(self.settings), each.unit)
        ask_about_spend(whole, self.task, self.runtime.models, confirm)

    async def run(self) -> Comparison:
        reserve = self._reserve()
        found = await self._search()
        every = [repeat for repeats in found.values() for repeat in repeats]
        record = self._record(every)
        designs = [self.archive.design(design) for design in _frozen(every)]
        ledger = Ledger(Budget(reserve.closing * len(every), Budget.parse(self.budget).unit))
        try:
            opened = await look(
                record, designs, self.task, charged_to(self.runtime, ledger, self.seed), ledger,
                self.archive, lambda items: self._tell_of_items(len(designs), items),
            )  # fmt: skip
        finally:
            await ledger.aclose()
        best = self.archive.best(self.task, record.model).id
        self.archive.finish_run(record.name, outcome_of(opened, best))
        return Comparison(
            run=record.name,
            task=self.task.name,
            model=record.model,
            objective=self.settings[0].objective,
            budget=str(Budget.parse(self.budget)),
            seed=self.seed,
            unit=Budget.parse(self.budget).unit,
            items=len(opened.items),
            designs=len(designs),
            standings=standings_of(found, opened, reserve.search, seed=self.seed),
            pairs=pairs_of(found, opened, seed=self.seed),
            names={design.id: design.name for design in designs},
            look=opened.spend,
            spend=total([*(repeat.spend for repeat in every), opened.spend]),
            test_openings=opened.openings,
        )

    def _reserve(self) -> Reserve:
        """How each budget is divided; raises InputError where it is too small."""
        ledger = Ledger(Budget.parse(self.budget))
        models = charged_to(self.runtime, ledger, self.seed).models
        return plan(ledger.budget, self.task, dearest(models), len(other_models(models)))

    async def _search(self) -> dict[str, list[Repeat]]:
        """Repeat by repeat, every strategy in each, so that what was done so far is a comparison itself."""
        found: dict[str, list[Repeat]] = {first.strategy: [] for first in self.settings}
        for repeat in range(self.repeats):
            for first in self.settings:
                found[first.strategy].append(await self._repeat(first, repeat))
        return found

    async def _repeat(self, first: Settings, repeat: int) -> Repeat:
        settings, run = self._of(first, repeat), self._name(first, repeat)
        known = known_repeat(self.archive, run)
        number = repeat * len(self.settings) + self.settings.index(first) + 1
        total_runs = self.repeats * len(self.settings)
        self.on_event(RepeatBegins(first.strategy, repeat, run, number, total_runs, known is not None))
        if known is not None:
            return known
        budget = str(Budget.parse(self.budget))
        meta = self._meta_of(first)
        return await search_once(settings, self.task, self.runtime, meta, self.archive, budget, self.on_event)

    def _meta_of(self, first: Settings) -> LM | None:
        return self.meta if _takes_meta_model(first.strategy) else None

    def _of(self, first: Settings, repeat: int) -> Settings:
        """A strategy's settings in a repeat: another seed, another world."""
        return replace(first, seed=self.seed + repeat, world=self.seed + repeat)

    def _name(self, first: Settings, repeat: int) -> str:
        """Of the run that a repeat is."""
        budget = str(Budget.parse(self.budget))
        settings, models = self._of(first, repeat), self.runtime.models
        return record_of(settings, self.task, models, self._meta_of(first), budget).name

    def _record(self, every: Sequence[Repeat]) -> RunRecord:
        """The comparison itself as a run: its name stands for the runs that it compares."""
        names = sorted(repeat.run for repeat in every)
        settings = {"runs": names, "test_items": self.task.size("test"), "world": self.seed}
        label = model_label(self.runtime.models)
        return RunRecord(
            name=f"{self.task.name}-compare-{digest([settings, prices(self.runtime.models)])}",
            task=self.task.name,
            task_version=self.task.version,
            model=label,
            strategy=COMPARISON,
            seed=self.seed,
            settings=settings,
            facts={"budget": self.budget},
        )

    def _tell_of_items(self, designs: int, items: int) -> None:
        self.on_event(Looking(designs, items, self.task.size("test")))


def _frozen(repeats: Sequence[Repeat]) -> list[str]:
    """The winners, then what stood first along the way, each once, in the order of the repeats."""
    winners = [repeat.best for repeat in repeats]
    along = [design for repeat in repeats for _, design in repeat.incumbents]
    return list(dict.fromkeys([*winners, *along]))
