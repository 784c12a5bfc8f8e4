"""`run_compare`: strategies at equal spend, with repeats, judged by one look at test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.archive import RunRecord
from masdesign.archive.tables.runs import COMPARISON, digest
from masdesign.errors import InputError
from masdesign.evaluation.blank import is_above_chance
from masdesign.evaluation.evaluator import model_label
from masdesign.evaluation.session import charged
from masdesign.lm import LM
from masdesign.lm.table import Models, name_in_role
from masdesign.search.compare.look import look, outcome_of
from masdesign.search.compare.repeat import (
    Repeat,
    known_repeat,
    record_of,
    search_once,
    takes_meta_model,
)
from masdesign.search.compare.result import Comparison, pairs_of, standings_of
from masdesign.search.events import CompareEvent, Looking, OnCompareEvent, RepeatBegins
from masdesign.search.loop.estimate import Confirm, ask_about_spend, ask_nobody
from masdesign.search.loop.reserve import Reserve, call_cost, check_bounds, plan
from masdesign.search.models import costliest, other_models, prices
from masdesign.search.settings import DEFAULT_BATCH, Settings
from masdesign.search.strategies import STRATEGIES
from masdesign.search.strategy import Strategy
from masdesign.session.progress import watching
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.spending.spend import total
from masdesign.tasks import Task, load_task
from masdesign.workflow import Runtime

DEFAULT_REPEATS = 5


class CompareOptions(Resources, total=False):
    """Further options of a comparison."""

    objective: str
    batch: int
    progress: bool
    """Print on standard error where the comparison stands; by default nothing is printed."""
    on_event: OnCompareEvent
    """Is told where the comparison stands (`masdesign.search.events`)."""
    experience: Sequence[str]
    """What the arms begin with, each strategy with each (`masdesign.search.settings.EXPERIENCE`): lessons of
    earlier searches on other tasks (``warm``), beside none (``cold``) and dealt ones (``shuffled``)."""
    literature: bool
    """Whether searches begin with the designs that the literature knows."""
    reach: float
    """A test score, 0 to 1: what had each search spent when its best design first had it?"""
    confirm: Confirm
    """Is asked, with a question, before a new comparison spends much, as in `run_search`."""


async def run_compare_async(
    task: Task | str | Path,
    strategies: Sequence[str | type[Strategy]],
    *,
    budget: str,
    repeats: int = DEFAULT_REPEATS,
    model: Models = "abacus",
    seed: int = 0,
    **options: Unpack[CompareOptions],
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
        model: as in `run_search`.
        options: see `CompareOptions` and `masdesign.session.session.Resources`.

    Raises:
        InputError: a name, a file or the budget is wrong, before anything is spent; one line.
        BudgetExhausted: a budget ran out before a first design was evaluated.
        CredentialsError, ProviderError: the model refused the key, or failed on too many items.

    Example::

        found = await run_compare_async("arithmetic", ["random", "portfolio"], budget="4000calls")
        print(found.pair("portfolio", "random").difference)
    """
    given: dict[str, Any] = dict(options)
    objective, batch = given.pop("objective", "score"), given.pop("batch", DEFAULT_BATCH)
    on_event = watching(given.pop("on_event", None), progress=given.pop("progress", False))
    confirm, reach = given.pop("confirm", ask_nobody), given.pop("reach", None)
    literature = given.pop("literature", True)
    arms = list(dict.fromkeys(given.pop("experience", ()))) or [""]
    async with Session.open(**given) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        names = _check(
            [STRATEGIES.enter(s) for s in strategies], repeats, budget, name_in_role(model, "meta"), len(arms)
        )
        settings = [
            Settings(
                name, objective, seed, batch, seed, transfer=False, experience=arm, literature=literature
            )
            for name in names
            for arm in arms
        ]
        spec = RunSpec(COMPARISON, chosen, model, seed, seed, conduct=Conduct(budget))
        job = _Job(session, spec, settings, repeats, await session.runtime(model), on_event, reach)
        job.ask(confirm)
        return await job.run()


run_compare = blocking(run_compare_async)


def _check(
    strategies: Sequence[str], repeats: int, budget: str, meta_model: str | None, arms: int
) -> list[str]:
    """The strategies' names; raises InputError where there is nothing to compare, or no equal spend."""
    names = list(strategies)
    writers = [name for name in names if takes_meta_model(name)]
    for name in writers:
        STRATEGIES.get(name).check_meta_model(meta_model)
    if len(names) * arms < 2 or len(set(names)) < len(names):
        raise InputError(f"strategies {', '.join(names) or 'none'}: name two or more, each once")
    if meta_model is not None and not writers:
        listed = ", ".join(names)
        raise InputError(
            f"none of {listed} uses a model that writes designs; leave out the meta-model {meta_model}"
        )
    if repeats < 1:
        raise InputError(f"repeats {repeats} is too small; give 1 or more")
    if Budget.parse(budget).unit == "min":
        raise InputError(f"a budget of {budget} is no equal spend; give it in calls, tokens or usd")
    return names


@dataclass
class _Job:
    """A comparison that is under way; an arm is a strategy's settings, a repeat a run of its own."""

    session: Session
    spec: RunSpec
    """Of the comparison; its budget is that of each search."""
    settings: Sequence[Settings]
    """Of each strategy's first repeat."""
    repeats: int
    runtime: Runtime
    """Charged to nobody."""
    on_event: Callable[[CompareEvent], None]
    reach: float | None = None

    @property
    def task(self) -> Task:
        """What is searched on."""
        assert self.spec.task is not None
        return self.spec.task

    def ask(self, confirm: Confirm) -> None:
        """Before a new comparison spends much; one that goes on was asked about before."""
        self._reserve()
        each = self.spec.budget()
        for first in self.settings:
            models = [*self.runtime.models.values(), self.runtime.embedding, self._meta_of(first)]
            check_bounds(each, models)
        if any(self.session.archive.run(self._name(first, 0)) for first in self.settings):
            return
        whole = Budget(each.limit * self.repeats * len(self.settings), each.unit)
        ask_about_spend(whole, self.task, self.runtime.models, confirm, self.runtime.roles.get("meta"))

    async def run(self) -> Comparison:
        archive, reserve, budget = self.session.archive, self._reserve(), self.spec.budget()
        searched = await self._search()
        every = [repeat for repeats in searched.values() for repeat in repeats]
        record = self._record(every)
        designs = [archive.design(design) for design in _frozen(every)]
        closing = Budget(reserve.closing * len(every), budget.unit)
        async with self.session.run(replace(self.spec, conduct=Conduct(closing))) as run:
            size = self.task.size("test")
            opened = await look(
                record,
                designs,
                run,
                lambda items: self.on_event(Looking(len(designs), items, size)),
                winners={repeat.best for repeat in every},
            )
        best = archive.best(self.task, record.model).id
        archive.finish_run(record.name, outcome_of(opened, best))
        return Comparison(
            run=record.name,
            task=self.task.name,
            model=record.model,
            objective=self.settings[0].objective,
            budget=str(budget),
            seed=self.spec.seed,
            unit=budget.unit,
            items=len(opened.items),
            designs=len(designs),
            standings=standings_of(searched, opened, reserve.search, seed=self.spec.seed, reach=self.reach),
            pairs=pairs_of(searched, opened, seed=self.spec.seed),
            names={design.id: design.name for design in designs},
            blanks=opened.blanks,
            coded=tuple(
                design
                for design, score in opened.blanks.items()
                if is_above_chance(score, len(opened.items), self.task)
            ),
            look=opened.spend,
            spend=total([*(repeat.spend for repeat in every), opened.spend]),
            test_openings=opened.openings,
        )

    def _reserve(self) -> Reserve:
        """How each budget is divided; raises InputError where it is too small."""
        budget = self.spec.budget()
        models = charged(self.runtime, Ledger(budget)).models  # refuses USD where a price is not known
        call = call_cost(budget, self.task, costliest(models))
        return plan(budget, self.task, call, len(other_models(models)))

    async def _search(self) -> dict[str, list[Repeat]]:
        """Repeat by repeat, every strategy in each, so that what was done so far is a comparison itself."""
        repeats: dict[str, list[Repeat]] = {first.label: [] for first in self.settings}
        for repeat in range(self.repeats):
            for first in self.settings:
                repeats[first.label].append(await self._repeat(first, repeat))
        return repeats

    async def _repeat(self, first: Settings, repeat: int) -> Repeat:
        settings, run = self._of(first, repeat), self._name(first, repeat)
        earlier = known_repeat(self.session.archive, run)
        number = repeat * len(self.settings) + self.settings.index(first) + 1
        total_runs = self.repeats * len(self.settings)
        self.on_event(RepeatBegins(first.label, repeat, run, number, total_runs, earlier is not None))
        if earlier is not None:
            return earlier
        return await search_once(self.session, settings, self.spec, self.on_event)

    def _meta_of(self, first: Settings) -> LM | None:
        return self.runtime.roles.get("meta") if takes_meta_model(first.strategy) else None

    def _of(self, first: Settings, repeat: int) -> Settings:
        """A strategy's settings in a repeat: another seed, another world."""
        return replace(first, seed=self.spec.seed + repeat, world=self.spec.seed + repeat)

    def _name(self, first: Settings, repeat: int) -> str:
        """Of the run that a repeat is."""
        settings, models = self._of(first, repeat), self.runtime.models
        return record_of(settings, self.spec, models, self._meta_of(first)).name

    def _record(self, every: Sequence[Repeat]) -> RunRecord:
        """The comparison itself as a run: its name stands for the runs that it compares."""
        names = sorted(repeat.run for repeat in every)
        settings = {"runs": names, "test_items": self.task.size("test"), "world": self.spec.seed}
        label = model_label(self.runtime.models)
        return RunRecord(
            name=f"{self.task.name}-compare-{digest([settings, prices(self.runtime.models)])}",
            task=self.task.name,
            task_version=self.task.version,
            model=label,
            strategy=COMPARISON,
            seed=self.spec.seed,
            settings=settings,
            facts={"budget": self.spec.conduct.budget},
        )


def _frozen(repeats: Sequence[Repeat]) -> list[str]:
    """The winners, then what stood first along the way, each once, in the order of the repeats."""
    winners = [repeat.best for repeat in repeats]
    along = [design for repeat in repeats for _, design in repeat.incumbents]
    return list(dict.fromkeys([*winners, *along]))
