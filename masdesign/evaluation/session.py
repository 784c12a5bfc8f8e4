"""Assembly: models by name, cache, blocks and sandbox become one `Runtime`, closed in good order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from masdesign.building_blocks import BLOCKS
from masdesign.evaluation.episodes import EPISODE_CALLS, acting_in
from masdesign.evaluation.executors import LOCAL, open_executor
from masdesign.lm import LM, Budgeted, load_embedding, load_lm, note_of
from masdesign.lm.spec import ModelSpec
from masdesign.lm.table import ROLES, Models, designs_see, model_table
from masdesign.records.cache import Cache
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import PLAIN, Asking, Item
from masdesign.workflow import Block, MontySandbox, Runtime


@asynccontextmanager
async def open_runtime(
    models: Models = "abacus",
    *,
    task: Task | None = None,
    tools: Iterable[str] = (),
    train: Callable[[], Sequence[Item]] = tuple,
    asking: Asking = PLAIN,
    cache: Cache | Path | str | None = None,
    concurrency: int = 64,
    world: int = 0,
    price: str | Mapping[str, str] | None = None,
    base_url: str | Mapping[str, str] | None = None,
    ledger: Ledger | None = None,
    allow_no_calls: bool = False,
    executor: str = LOCAL,
    blocks: Mapping[str, Block[..., Any]] | None = None,
    world_tools: bool = False,
) -> AsyncIterator[Runtime]:
    """What designs run with, opened for as long as the ``async with`` lasts.

    Parameters:
        models: a model (a name, a `ModelSpec`, an open `LM`), or a table of them: by the names that designs
            may ask for, with ``""`` for the default (otherwise the first), and by role (``meta``,
            ``judge``, ``user``, ``embedding``), which designs do not see. The same model twice is one model.
        task: what is to be answered: designs may use the tools that it declares, and blocks may show its
            ``train`` items as examples.
        tools: what designs may use where there is no task.
        train: gives the items that blocks may show where there is no task; none by default.
        asking: instruction, labels and answer form where there is no task.
        cache: where completions are remembered; a `Cache` is left open, a path is opened and closed
            here, ``None`` remembers for as long as this lasts.
        concurrency: calls in flight, for each model.
        world: selects an independent replicate; ``replace(runtime, world=1)`` gives another one.
        price: ``IN/OUT`` in USD per million tokens, where it is not known; or a table of them by the names
            of ``models``, in which ``""`` stands for those that it does not name.
        base_url: an OpenAI-compatible server, or a table of them likewise.
        ledger: charges every call to this run's budget.
        allow_no_calls: lets designs answer without asking a model.
        executor: where items run and abacus computes: ``local``, ``ray`` or ``ray://HOST:PORT``
            (`open_executor`); it changes no result.
        blocks: those that designs may name; by default all that are known here by name.
        world_tools: lets the task's tools change the world outside; not where designs are compared.

    Raises:
        InputError, CredentialsError: a model is unknown, its key is missing, or there is no such executor.

    Example::

        async with open_runtime("abacus", task=task, cache=Path(".masdesign/calls.db")) as runtime:
            evaluation = await evaluate(design, task, "val", runtime)
    """
    table = model_table(models, base_url=base_url, price=price)
    async with AsyncExitStack() as stack:
        store = cache if isinstance(cache, Cache) else Cache.at(cache)
        if store is not cache:
            stack.callback(store.close)
        places = stack.enter_context(open_executor(executor))
        loaded: list[tuple[ModelSpec | LM, bool, LM]] = []
        opened: dict[str, LM] = {}
        for name, model in table.items():
            ranks = name == "embedding" and isinstance(model, ModelSpec)
            lm = next((known for same, role, known in loaded if same == model and role == ranks), None)
            if lm is None:
                if isinstance(model, ModelSpec) and ranks:
                    lm = load_embedding(model, cache=store, concurrency=concurrency)
                else:
                    lm = load_lm(model, cache=store, concurrency=concurrency, abacus=places.abacus)
                stack.push_async_callback(lm.aclose)
                loaded.append((model, ranks, lm))
            opened[name] = lm
        if ledger is not None:
            opened = _charged(opened, ledger)
        sandbox = await stack.enter_async_context(MontySandbox())
        runtime = Runtime(
            models={name: opened[name] for name in designs_see(table)},
            roles={name: opened[name] for name in table if name in ROLES},
            blocks=BLOCKS.all() if blocks is None else blocks,
            sandbox=sandbox,
            world=world,
            tools=frozenset(tools if task is None else task.tools),
            allow_no_calls=allow_no_calls,
            embedding=opened.get("embedding"),
            train=train if task is None else lambda: task.train,
            asking=asking if task is None else task.asking,
            executor=places,
        )
        if task is not None and task.environment is not None:
            runtime.limits = replace(runtime.limits, calls=EPISODE_CALLS)
            runtime.acting = acting_in(task.environment, runtime, store, world_allowed=world_tools)
            stack.callback(runtime.acting.journal.close)
        yield runtime


def _charged(models: Mapping[str, LM], ledger: Ledger) -> dict[str, LM]:
    """The models, charging a run. The same model stays one; the designer has accounts apart."""
    charged: dict[tuple[int, bool], LM] = {}
    for name, lm in models.items():
        apart = name == "meta"
        if (id(lm), apart) not in charged:
            charged[id(lm), apart] = Budgeted(lm, ledger, apart=apart)
    return {name: charged[id(lm), name == "meta"] for name, lm in models.items()}


def notes_of(runtime: Runtime) -> tuple[str, ...]:
    """What a reader of scores must know of the run's models, a line each; none of most."""
    return tuple(dict.fromkeys(note for lm in runtime.models.values() if (note := note_of(lm))))
