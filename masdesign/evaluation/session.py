"""Assembly: models by name, cache, blocks and sandbox become one `Runtime`, closed in good order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from masdesign.building_blocks import BLOCKS
from masdesign.building_blocks._prompt import around_question
from masdesign.errors import InputError
from masdesign.evaluation.episodes import EPISODE_CALLS, acting_in
from masdesign.evaluation.executors import LOCAL, open_executor
from masdesign.lm import LM, Budgeted, load_embedding, load_lm, note_of
from masdesign.records.cache import Cache
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import PLAIN, Asking, Item
from masdesign.workflow import Block, MontySandbox, Runtime

RECORDED_PROMPTS = ("chain_of_thought", "direct")
"""Templates whose prompts recorded solutions answer (`masdesign.lm.recorded`)."""


@asynccontextmanager
async def open_runtime(
    models: Mapping[str, str] | str = "abacus",
    *,
    task: Task | None = None,
    tools: Iterable[str] = (),
    train: Callable[[], Sequence[Item]] = tuple,
    asking: Asking = PLAIN,
    cache: Cache | Path | str | None = None,
    concurrency: int = 64,
    world: int = 0,
    price: str | Mapping[str, str] | None = None,
    base_url: str | None = None,
    ledger: Ledger | None = None,
    allow_no_calls: bool = False,
    embedding: str | None = None,
    executor: str = LOCAL,
    blocks: Mapping[str, Block[..., Any]] | None = None,
    world_tools: bool = False,
) -> AsyncIterator[Runtime]:
    """What designs run with, opened for as long as the ``async with`` lasts.

    Parameters:
        models: the model's name, or a table from the names that designs may ask for to those of
            models, with ``""`` for the default (otherwise the first). The same model twice is one model.
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
        ledger: charges every call to this run's budget.
        allow_no_calls: lets designs answer without asking a model.
        embedding: the LiteLLM name of a model that ranks passages for the tool ``retrieval``; by their
            words, without a call, where there is none.
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
    table = _table(models)
    prices = prices_of(table, price)
    async with AsyncExitStack() as stack:
        store = cache if isinstance(cache, Cache) else Cache.at(cache)
        if store is not cache:
            stack.callback(store.close)
        places = stack.enter_context(open_executor(executor))
        loaded: dict[str, LM] = {}
        for name in table.values():
            if name not in loaded:
                lm = load_lm(
                    name,
                    cache=store,
                    concurrency=concurrency,
                    price=prices.get(name),
                    base_url=base_url,
                    prompts=recorded_prompts(),
                    abacus=places.abacus,
                )
                stack.push_async_callback(lm.aclose)
                loaded[name] = lm if ledger is None else Budgeted(lm, ledger)
        ranks: LM | None = None
        if embedding is not None:
            lm = load_embedding(embedding, cache=store, concurrency=concurrency, base_url=base_url)
            stack.push_async_callback(lm.aclose)
            ranks = lm if ledger is None else Budgeted(lm, ledger)
        sandbox = await stack.enter_async_context(MontySandbox())
        opened = Runtime(
            models={key: loaded[name] for key, name in table.items()},
            blocks=BLOCKS.all() if blocks is None else blocks,
            sandbox=sandbox,
            world=world,
            tools=frozenset(tools if task is None else task.tools),
            allow_no_calls=allow_no_calls,
            embedding=ranks,
            train=train if task is None else lambda: task.train,
            asking=asking if task is None else task.asking,
            executor=places,
        )
        if task is not None and task.environment is not None:
            opened.limits = replace(opened.limits, calls=EPISODE_CALLS)
            opened.acting = acting_in(task.environment, opened, store, world_allowed=world_tools)
            stack.callback(opened.acting.journal.close)
        yield opened


def _table(models: Mapping[str, str] | str) -> dict[str, str]:
    if isinstance(models, str):
        return {"": models}
    if not models:
        raise InputError("there is no model; name at least one")
    return {"": next(iter(models.values())), **models}


def recorded_prompts() -> dict[str, tuple[str, str]]:
    """What stands around the question in the prompts that recorded solutions answer, by template."""
    return {name: around_question(name) for name in RECORDED_PROMPTS}


def prices_of(models: Mapping[str, str], price: str | Mapping[str, str] | None) -> dict[str, str]:
    """The price given for each model, by the model's own name.

    Raises InputError for a name that ``models`` does not hold, or two prices of one model.

    >>> prices_of({"small": "a", "large": "b", "": "a"}, {"large": "2/8", "": "0.1/0.4"})
    {'a': '0.1/0.4', 'b': '2/8'}
    """
    given = {} if price is None else {"": price} if isinstance(price, str) else dict(price)
    found: dict[str, str] = {}
    for name, value in given.items():
        if not name:
            continue
        if name not in models:
            known = ", ".join(key for key in models if key) or "none; leave the name out"
            raise InputError(f"--price {name}={value}: no model is called so; the names are {known}")
        if found.setdefault(models[name], value) != value:
            raise InputError(f"--price {name}={value}: the same model has the price {found[models[name]]}")
    rest = {model: given[""] for model in models.values() if model not in found} if "" in given else {}
    return {model: price for model in models.values() if (price := (found | rest).get(model)) is not None}


def notes_of(runtime: Runtime) -> tuple[str, ...]:
    """What a reader of scores must know of the run's models, a line each; none of most."""
    return tuple(dict.fromkeys(note for lm in runtime.models.values() if (note := note_of(lm))))
