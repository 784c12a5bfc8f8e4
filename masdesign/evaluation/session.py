"""Assembly: models by name, cache, blocks and sandbox become one `Runtime`, closed in good order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from masdesign.building_blocks import BLOCKS
from masdesign.evaluation.episodes import EPISODE_CALLS, acting_in
from masdesign.evaluation.executors import LOCAL, open_executor
from masdesign.lm import LM, Budgeted, load_embedding, load_lm, note_of
from masdesign.lm.lane import Lanes
from masdesign.lm.spec import ModelSpec
from masdesign.lm.table import ROLES, Models, designs_see, model_table
from masdesign.options import with_defaults
from masdesign.protocols import Environment
from masdesign.records.cache import Cache
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.tasks.scorers.judge import Judge, check_independent
from masdesign.types import PLAIN, Asking, Item
from masdesign.workflow import Block, MontySandbox, Runtime


class RuntimeOptions(TypedDict, total=False):
    """Further options of `open_runtime`."""

    price: str | Mapping[str, str] | None
    """``IN/OUT`` in USD per million tokens, where it is not known; or a table of them by the names of the
    models, in which ``""`` stands for those that it does not name."""
    base_url: str | Mapping[str, str] | None
    """An OpenAI-compatible server, or a table of them likewise."""
    tools: Iterable[str]
    """Tools that designs may use, where there is no task."""
    train: Callable[[], Sequence[Item]]
    """Gives the items that blocks may show as examples, where there is no task; none by default."""
    asking: Asking
    """Instruction, labels and answer form, where there is no task."""
    allow_no_calls: bool
    """Let designs answer without asking a model."""
    world_tools: bool
    """Let the task's tools change the world outside; not where designs are compared."""


@asynccontextmanager
async def open_runtime(
    models: Models = "abacus",
    *,
    task: Task | None = None,
    cache: Cache | Path | str | None = None,
    concurrency: int = 64,
    world: int = 0,
    ledger: Ledger | None = None,
    executor: str = LOCAL,
    blocks: Mapping[str, Block[..., Any]] | None = None,
    **options: Unpack[RuntimeOptions],
) -> AsyncIterator[Runtime]:
    """What designs run with, opened for as long as the ``async with`` lasts.

    Parameters:
        models: a model (a name, a `ModelSpec`, an open `LM`), or a table of them: by the names that designs
            may ask for, with ``""`` for the default (otherwise the first), and by role (``meta``,
            ``judge``, ``user``, ``embedding``), which designs do not see. The same model twice is one model.
        task: what is to be answered: designs may use the tools that it declares, and blocks may show its
            ``train`` items as examples.
        cache: where completions are remembered; a `Cache` is left open, a path is opened and closed
            here, ``None`` remembers for as long as this lasts.
        concurrency: calls in flight, for each model.
        world: selects an independent replicate; ``replace(runtime, world=1)`` gives another one.
        ledger: charges every call to this run's budget.
        executor: where items run and abacus computes: ``local``, ``ray`` or ``ray://HOST:PORT``
            (`open_executor`); it changes no result.
        blocks: those that designs may name; by default all that are known here by name.
        options: see `RuntimeOptions`.

    Raises:
        InputError, CredentialsError: a model is unknown, its key is missing, or there is no such executor.

    Example::

        async with open_runtime("abacus", task=task, cache=Path(".masdesign/calls.db")) as runtime:
            evaluation = await evaluate(design, task, "val", runtime)
    """
    more = with_defaults(
        "open_runtime", options, price=None, base_url=None, tools=(), train=tuple, asking=PLAIN,
        allow_no_calls=False, world_tools=False,
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        store = cache if isinstance(cache, Cache) else Cache.at(cache)
        if store is not cache:
            stack.callback(store.close)
        pool = await Pool.open(stack, store, concurrency=concurrency, executor=executor)
        own = {name: getattr(more, name) for name in ("tools", "train", "asking")} | own_of(task)
        own |= {"tools": frozenset(own["tools"]), "allow_no_calls": more.allow_no_calls, "world": world}
        own |= {} if blocks is None else {"blocks": blocks}
        table = model_table(with_judge(models, task), base_url=more.base_url, price=more.price)
        runtime = replace(pool.runtime(table), **own)
        if ledger is not None:
            runtime = charged(runtime, ledger)
        if task is not None:
            act_in(runtime, task.environment, store, stack, world_tools=more.world_tools)
        yield runtime


def own_of(task: Task | None) -> dict[str, Any]:
    """What designs have of a task: tools, examples, and how it asks; nothing without one."""
    if task is None:
        return {}
    return {"tools": task.tools, "train": lambda: task.train, "asking": task.asking}


def with_judge(models: Models, task: Task | None) -> Models:
    """The models, with the one that the task's scorer names as its judge."""
    scorer = task.scorer if task is not None else None
    table = models if isinstance(models, Mapping) and "model" not in models else {"": models}
    if not isinstance(scorer, Judge) or not (scorer.model or "judge" in table):
        return models
    judge = table.get("judge", scorer.model)
    for name, model in table.items():
        if name not in ROLES and (model is judge or not isinstance(model, LM)):
            check_independent(scorer, _name(model), _name(judge))
    return {**table, "judge": judge}


def _name(model: Any) -> str:
    return str(model.model) if isinstance(model, LM) else ModelSpec.of(model).model


class Pool:
    """Models, each opened once whatever the runs that ask for it, with the sandbox and the executor."""

    def __init__(self, stack: AsyncExitStack, cache: Cache, concurrency: int, **opened: Any) -> None:
        self._stack, self.cache, self.concurrency, self._opened = stack, cache, concurrency, opened
        self._models: list[tuple[ModelSpec | LM, bool, LM]] = []
        """What each was opened from, whether to rank passages, and the model."""
        self._lanes = Lanes()

    @classmethod
    async def open(cls, stack: AsyncExitStack, cache: Cache, *, concurrency: int, executor: str) -> Pool:
        """A pool that is closed with the stack; the cache stays the caller's to close."""
        places = stack.enter_context(open_executor(executor))
        sandbox = await stack.enter_async_context(MontySandbox())
        return cls(stack, cache, concurrency, executor=places, sandbox=sandbox)

    def model(self, model: ModelSpec | LM | str, *, ranks: bool = False) -> LM:
        """A model, charged to nobody; with ``ranks`` one that ranks passages.

        Raises:
            InputError, CredentialsError: it is unknown, or its key is missing.
        """
        spec = ModelSpec.of(model) if isinstance(model, str) else model
        ranks = ranks and isinstance(spec, ModelSpec)
        existing = next((lm for same, role, lm in self._models if same == spec and role == ranks), None)
        if existing is not None:
            return existing
        settings: Any = {"cache": self.cache, "concurrency": self.concurrency, "lanes": self._lanes}
        if ranks and isinstance(spec, ModelSpec):
            lm = load_embedding(spec, **settings)
        else:
            abacus = self._opened["executor"].abacus
            lm = load_lm(spec, abacus=abacus, **settings)
        self._stack.push_async_callback(lm.aclose)
        self._models.append((spec, ranks, lm))
        return lm

    def runtime(self, table: Mapping[str, ModelSpec | LM]) -> Runtime:
        """What designs run with on these models, charged to nobody."""
        opened = {name: self.model(model, ranks=name == "embedding") for name, model in table.items()}
        return Runtime(
            models={name: opened[name] for name in designs_see(table)},
            roles={name: opened[name] for name in table if name in ROLES},
            blocks=BLOCKS.all(),
            embedding=opened.get("embedding"),
            **self._opened,
        )


def act_in(
    runtime: Runtime,
    environment: Environment | None,
    cache: Cache,
    stack: AsyncExitStack,
    *,
    world_tools: bool = False,
) -> None:
    """Let designs act in an environment, where there is one, for as long as the stack is open."""
    if environment is not None:
        runtime.limits = replace(runtime.limits, calls=EPISODE_CALLS)
        runtime.acting = acting_in(environment, runtime, cache, world_allowed=world_tools)
        stack.callback(runtime.acting.journal.close)


def charged(runtime: Runtime, ledger: Ledger) -> Runtime:
    """The runtime with its calls charged to a ledger. The same model under two names stays one; the
    designer's (role ``meta``) has accounts apart."""
    wrapped: dict[tuple[int, bool], LM] = {}

    def charge(lm: LM, *, apart: bool = False) -> LM:
        key = (id(lm), apart)
        if key not in wrapped:
            wrapped[key] = Budgeted(lm, ledger, apart=apart)
        return wrapped[key]

    return replace(
        runtime,
        models={name: charge(lm) for name, lm in runtime.models.items()},
        roles={name: charge(lm, apart=name == "meta") for name, lm in runtime.roles.items()},
        embedding=None if runtime.embedding is None else charge(runtime.embedding),
    )


def notes_of(runtime: Runtime) -> tuple[str, ...]:
    """What a reader of scores must know of the run's models, a line each; none of most.

    What is said of several models, whose names stand before a colon, is one line.
    """
    names: dict[str, list[str]] = {}
    for note in dict.fromkeys(filter(None, map(note_of, runtime.models.values()))):
        name, colon, text = note.partition(": ")
        names.setdefault(text if colon else note, []).extend([name] if colon else [])
    return tuple(f"{', '.join(several)}: {text}" if several else text for text, several in names.items())
