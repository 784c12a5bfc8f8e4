"""`Session`: what any number of runs share: models, recorded calls, sandbox, executor, archive, plug-ins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

from masdesign.archive import Archive
from masdesign.archive.calls import calls_beside
from masdesign.archive.store import opened
from masdesign.building_blocks import BLOCKS
from masdesign.errors import InputError
from masdesign.evaluation.executors import LOCAL
from masdesign.evaluation.session import Pool, act_in, charged, own_of, with_judge
from masdesign.lm import LM, Budgeted
from masdesign.lm.spec import ModelSpec
from masdesign.lm.table import Models, model_table
from masdesign.records.cache import Cache
from masdesign.session.config import Config
from masdesign.session.resolve import ArchivePlace, adding
from masdesign.session.run import OnEvent, Run, ignore
from masdesign.session.spec import RunSpec
from masdesign.spending.ledger import Ledger
from masdesign.workflow import Block, Runtime


class ModelResources(TypedDict, total=False):
    """Where models are and what is remembered of them, and what is added to the registries."""

    cache: Cache | Path | str | None
    """The file of recorded calls; by default beside the archive."""
    concurrency: int
    """Calls in flight, for each model (64); it changes no result."""
    price: str | Mapping[str, str] | None
    """``IN/OUT`` in USD per million tokens where not known, or a table by the names of models."""
    base_url: Any
    """An OpenAI-compatible server, or a table likewise."""
    plugins: Iterable[str]
    """Files and modules of your own (`masdesign.plugins`)."""
    blocks: Iterable[Block[..., Any]]
    """Blocks of your own that designs may name."""


class Resources(ModelResources, total=False):
    """What a session is opened with; every verb takes the same keywords, or a ``session`` that is open."""

    archive: ArchivePlace
    """By default ``$MASDESIGN_ARCHIVE``, else ``.masdesign/archive.db``."""
    keep_going: bool
    """Whether a run goes on where most replies are cut, unreadable or refused; by default it ends early."""
    executor: str
    """Where items run (``local``); it changes no result."""
    memory: str
    """What designs read of what was learnt: a memory of the archive, ``NAME`` or ``NAME@VERSION``; none."""
    session: Session
    """An open session, instead of all of the above."""


class Session:
    """Resources for any number of runs, also at once; made by `Session.open`.

    The same model in two runs is opened once, so that equal calls in flight are made once.
    """

    def __init__(self, archive: Archive, cache: Cache, stack: AsyncExitStack, **options: Any) -> None:
        self.archive, self.cache = archive, cache
        self.concurrency: int = options.get("concurrency", 64)
        self.executor: str = options.get("executor", LOCAL)
        self.keep_going: bool = options.get("keep_going", False)
        self.memory: str = options.get("memory", "")
        self._addresses = {name: options.get(name) for name in ("base_url", "price")}
        self._stack = stack
        self._pool: Pool | None = None
        self._lock = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, config: Config | None = None, **changes: Any) -> AsyncIterator[Session]:
        """Open a session for as long as the ``async with`` lasts.

        Parameters:
            config: defaults of a project (`Config.find`).
            changes: see `Resources`; they go before the configuration. Under ``session``, one that is open
                already: it is given back, and left open.

        Raises:
            InputError: the archive, the cache or a plug-in cannot be opened; one line.

        Example::

            async with Session.open(archive=":memory:") as session:
                first, second = await asyncio.gather(
                    run_search_async("arithmetic", session=session, seed=0),
                    run_search_async("arithmetic", session=session, seed=1),
                )
        """
        _check_options(changes)
        given = changes.pop("session", None)
        if given is not None:
            with adding(changes.pop("plugins", ()), changes.pop("blocks", ())):
                if left := [name for name, value in changes.items() if value is not None]:
                    raise InputError(f"{left[0]} is the session's; give it where the session is opened")
                yield given
            return
        config = config or Config()
        options = {**config.conduct, **changes}
        async with AsyncExitStack() as stack:
            added = options.pop("plugins", ())
            plugins = [*config.plugins, *([added] if isinstance(added, str) else added)]
            stack.enter_context(adding(plugins, options.pop("blocks", ())))
            archive = stack.enter_context(opened(options.pop("archive", None)))
            cache = options.pop("cache", None)
            if not isinstance(cache, Cache):
                cache = stack.enter_context(Cache.at(calls_beside(archive.place) if cache is None else cache))
            yield cls(archive, cache, stack, **options)

    @property
    def blocks(self) -> Mapping[str, Block[..., Any]]:
        """The blocks that designs may name, by name."""
        return BLOCKS.all()

    @asynccontextmanager
    async def run(
        self, spec: RunSpec, *, on_event: OnEvent = ignore, ledger: Ledger | None = None, **more: Any
    ) -> AsyncIterator[Run]:
        """A run of its own ledger, for as long as the ``async with`` lasts; what it has in flight then ends.

        Parameters:
            ledger: of runs that share one budget.
            more: ``allow_no_calls`` lets designs answer without asking a model; ``tools``, ``train``,
                ``asking`` and ``environment`` are what designs have where there is no task;
                ``world_tools`` allows tools that change the outside.

        Raises:
            InputError, CredentialsError: a model or the budget is wrong.
        """
        ledger, task = ledger or Ledger(spec.budget()), spec.task
        world_tools, environment = more.pop("world_tools", False), more.pop("environment", None)
        memory = {"memory": self.archive.memory(self.memory)} if self.memory else {}
        more = {"tools": (), **own_of(task), **memory, **more}
        more["tools"] = frozenset(more["tools"])
        base = await self.runtime(with_judge(spec.models, task))
        base = replace(base, world=spec.world, keep_going=self.keep_going, **more)
        runtime = charged(base, ledger)
        run = Run(self.archive, spec, ledger, runtime, on_event)
        async with AsyncExitStack() as stack:
            stack.callback(run.note_spend)
            stack.push_async_callback(ledger.aclose)
            environment = environment if task is None else task.environment
            act_in(runtime, environment, self.cache, stack, world_tools=world_tools)
            yield run

    async def runtime(self, models: Models) -> Runtime:
        """Models, blocks and sandbox, charged to nobody.

        Raises:
            InputError, CredentialsError: a model is unknown, or its key is missing.
        """
        return (await self._open_pool()).runtime(model_table(models, **self._addresses))

    def model(self, model: ModelSpec | str, ledger: Ledger) -> LM:
        """A further model of a run, charged to its ledger; open as long as the session."""
        assert self._pool is not None  # a run is open
        return Budgeted(self._pool.model(model), ledger)

    async def _open_pool(self) -> Pool:
        async with self._lock:
            if self._pool is None:
                self._pool = await Pool.open(
                    self._stack, self.cache, concurrency=self.concurrency, executor=self.executor
                )
            return self._pool


def _check_options(given: Iterable[str]) -> None:
    """Raise `InputError` for a keyword that no verb knows: a mistyped ``model`` must not mean the default."""
    options = sorted(Resources.__annotations__)
    for name in given:
        if name not in options:
            raise InputError(
                f"option {name!r} does not exist; beside the verb's own there is {', '.join(options)}"
            )
