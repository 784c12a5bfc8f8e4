"""`run_search`: search for the best workflow on a task, in one call."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.lm.table import Models, name_in_role, stored
from masdesign.search.events import Note, OnEvent, Started
from masdesign.search.look.result import SearchResult, finished
from masdesign.search.loop.estimate import Confirm, ask_nobody
from masdesign.search.loop.loop import search
from masdesign.search.settings import Settings
from masdesign.search.strategies import DEFAULT_STRATEGY, STRATEGIES
from masdesign.search.strategy import Strategy
from masdesign.session.progress import watching
from masdesign.session.resolve import resolve_design
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.tasks import Task, load_task
from masdesign.workflow import Block, Design

_SETTINGS = ("objective", "batch", "world", "transfer", "only", "without", "literature")
DEFAULT_BUDGET = "20000calls"


class SearchOptions(Resources, total=False):
    """Further options of a search."""

    objective: str
    """``score``, ``advantage`` (score above the plain baselines at the same tokens), or ``pareto`` (score and
    tokens)."""
    batch: int
    """Proposals made and tried together."""
    world: int
    """An independent replicate of all draws."""
    transfer: bool
    """Whether a new run may begin with designs of the archive that did well on similar tasks."""
    only: Sequence[str]
    """Names of the blocks that designs may be made of; all, where there are none."""
    without: Sequence[str]
    """Names of blocks of which no design is made."""
    literature: bool
    """Whether it begins with the designs that the literature knows."""
    start: Sequence[Design | Block[..., Any] | str | Path]
    """Designs of your own, which are tried first and built on: objects, files, or of the archive."""
    progress: bool
    """Print on standard error where the search stands; by default nothing is printed."""
    on_event: OnEvent
    """Is told where the search stands (`masdesign.search.events`)."""
    confirm: Confirm
    """Is asked before much is spent (`masdesign.search.loop.estimate`); by default nobody is."""
    facts: Mapping[str, Any]
    """What else the archive is to note of the run, as JSON values (``task`` and ``task_arguments``: how
    `load_task` made the task, so that the run can be replayed)."""


async def run_search_async(
    task: Task | str | Path,
    *,
    model: Models = "abacus",
    budget: str = DEFAULT_BUDGET,
    seed: int = 0,
    strategy: str | type[Strategy] = DEFAULT_STRATEGY,
    run: str = "",
    **options: Unpack[SearchOptions],
) -> SearchResult:
    """Search for the best workflow on a task, keep every design in the archive, look at test once.

    Parameters:
        task: a `Task`, the name of one, or a file.
        model: a model's name, or a table of those that designs may ask for, with ``""`` for the default.
        budget: ``20000calls``, ``2Mtokens``, ``5usd`` or ``10min``; baselines and the look at test
            are inside it. A small one uses a part of val (`masdesign.search.loop.reserve`).
        seed: of the strategy; it never changes the items.
        strategy: the name of one (`masdesign.search.strategies.STRATEGIES`), or a class of your own.
        run: the run to go on with. All but budget, concurrency and executor must be as it was.
        options: see `SearchOptions` and `masdesign.session.session.Resources`.

    Raises:
        InputError: a name, a file or the budget is wrong; one line.
        BudgetExhausted: the budget ran out before a first design was evaluated.
        CredentialsError, ProviderError: the model refused the key, or failed on too many items.

    Example::

        found = await run_search_async("arithmetic", budget="20000calls")
        print(found.best.source, found.advantage)
    """
    given: dict[str, Any] = dict(options)
    taken = {name: given.pop(name) for name in _SETTINGS if name in given}
    start = given.pop("start", ())
    on_event = watching(given.pop("on_event", None), progress=given.pop("progress", False))
    confirm = given.pop("confirm", ask_nobody)
    facts = given.pop("facts", {})
    async with Session.open(**given) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        designs = [resolve_design(ref, archive=session.archive, task=chosen) for ref in start]
        settings = Settings(STRATEGIES.enter(strategy), seed=seed, start=tuple(designs), **taken)
        STRATEGIES.get(settings.strategy).check_meta_model(name_in_role(model, "meta"))
        noted = {"budget": budget, "concurrency": session.concurrency, "models": stored(model)}
        noted["folder"] = str(Path.cwd())  # a task's file may be named from here
        if not isinstance(task, Task):
            noted["task"] = str(task)
        spec = RunSpec(settings.strategy, chosen, model, seed, settings.world, conduct=Conduct(budget))
        async with session.run(spec, on_event=on_event) as opened:
            earlier = finished(opened, settings, run, budget)
            if earlier is not None:
                opened.on_event(Started(run, True))
                opened.on_event(Note("this run has finished; this is its result"))
                return earlier
            return await search(opened, settings, name=run, facts={**noted, **facts}, confirm=confirm)


run_search = blocking(run_search_async)
