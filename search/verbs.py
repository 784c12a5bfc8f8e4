"""`run_search`: search for the best workflow on a task, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from masdesign.aio import blocking
from masdesign.archive import Archive
from masdesign.archive.calls import calls_beside
from masdesign.building_blocks import BLOCKS
from masdesign.evaluation import open_runtime
from masdesign.evaluation.executors import LOCAL
from masdesign.lm.table import Models, name_in_role, stored
from masdesign.records.cache import Cache
from masdesign.registry import in_overlay
from masdesign.search.before import Confirm, ask_nobody
from masdesign.search.events import OnEvent, ignore
from masdesign.search.loop import search
from masdesign.search.result import SearchResult
from masdesign.search.settings import DEFAULT_BATCH, Settings
from masdesign.search.strategies import DEFAULT_STRATEGY, STRATEGIES
from masdesign.search.strategy import Strategy
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task, load_task
from masdesign.workflow import Block

DEFAULT_BUDGET = "20000calls"


@in_overlay
async def run_search_async(
    task: Task | str | Path,
    *,
    model: Models = "abacus",
    budget: str = DEFAULT_BUDGET,
    seed: int = 0,
    strategy: str | type[Strategy] = DEFAULT_STRATEGY,
    objective: str = "score",
    archive: Archive | str | Path | None = None,
    run: str = "",
    batch: int = DEFAULT_BATCH,
    world: int = 0,
    concurrency: int = 64,
    executor: str = LOCAL,
    cache: Path | str | None = None,
    price: str | Mapping[str, str] | None = None,
    base_url: str | Mapping[str, str] | None = None,
    transfer: bool = True,
    blocks: Iterable[Block[..., Any]] = (),
    on_event: OnEvent | None = None,
    confirm: Confirm = ask_nobody,
    facts: Mapping[str, Any] | None = None,
) -> SearchResult:
    """Search for the best workflow on a task, keep every design in the archive, look at test once.

    Parameters:
        task: a `Task`, the name of one, or a file.
        model: a model, or a table of them by name and role, as in `open_runtime`; the role ``meta`` writes
            designs, for strategies that need or take a model for that.
        budget: ``20000calls``, ``2Mtokens``, ``5usd`` or ``10min``; baselines and the look at test
            are inside it. A small one uses a part of val (`masdesign.search.reserve`).
        seed: of the strategy; it never changes the items.
        strategy: the name of one (`masdesign.search.strategies.STRATEGIES`), or a class of your own.
        objective: ``score``, ``advantage`` (score above the plain baselines at the same tokens), or
            ``pareto`` (score and tokens).
        archive: where discoveries are kept; by default ``$MASDESIGN_ARCHIVE``, else
            ``.masdesign/archive.db``.
        run: the run to go on with. All but budget, concurrency and executor must be as it was.
        batch: proposals made and tried together.
        world: an independent replicate of all draws.
        concurrency: calls in flight; it changes no result.
        executor: where items run, as in `open_runtime`; it changes no result.
        cache: the file of recorded calls; by default beside the archive.
        transfer: whether a new run may begin with designs of the archive that did well on similar tasks.
        blocks: blocks of your own that designs may name.
        on_event: is told where the search stands (`masdesign.search.events`).
        confirm: is asked before much is spent (`masdesign.search.before`); by default nobody is.
        facts: what else the archive is to note of the run, as JSON values (``task`` and
            ``task_arguments``: how `load_task` made the task, so that the run can be replayed).

    Raises:
        InputError: a name, a file or the budget is wrong; one line.
        BudgetExhausted: the budget ran out before a first design was evaluated.
        CredentialsError, ProviderError: the model refused the key, or failed on too many items.

    Example::

        found = await run_search_async("arithmetic", budget="20000calls")
        print(found.best.source, found.advantage)
    """
    for more in blocks:
        BLOCKS.enter(more)
    strategy = STRATEGIES.enter(strategy)
    settings = Settings(strategy, objective, seed, batch, world, transfer)
    STRATEGIES.get(strategy).check_meta_model(name_in_role(model, "meta"))
    chosen = task if isinstance(task, Task) else load_task(task)
    ledger = Ledger(Budget.parse(budget))
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
                world=world,
                price=price,
                base_url=base_url,
                ledger=ledger,
            )
            runtime = await stack.enter_async_context(opened)
            noted = {"budget": budget, "concurrency": concurrency, "models": stored(model)}
            noted["folder"] = str(Path.cwd())  # a task's file may be named from here
            if not isinstance(task, Task):
                noted["task"] = str(task)
            try:
                return await search(
                    chosen,
                    runtime,
                    ledger,
                    store,
                    settings,
                    run=run,
                    facts={**noted, **(facts or {})},
                    on_event=on_event or ignore,
                    confirm=confirm,
                    meta=runtime.roles.get("meta"),
                )
            finally:
                await ledger.aclose()
    finally:
        if store is not archive:
            store.close()


run_search = blocking(run_search_async)
