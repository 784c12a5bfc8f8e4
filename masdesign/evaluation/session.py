"""Assembly: models by name, cache, blocks and sandbox become one `Runtime`, closed in good order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from masdesign.building_blocks import blocks
from masdesign.lm import LM, Budgeted, Cache, Ledger, load_embedding, load_lm
from masdesign.types import Item
from masdesign.workflow import MontySandbox, Runtime


@asynccontextmanager
async def open_runtime(
    models: Mapping[str, str] | str = "abacus",
    *,
    tools: Iterable[str] = (),
    train: Callable[[], Sequence[Item]] = tuple,
    cache: Cache | Path | str | None = None,
    concurrency: int = 64,
    world: int = 0,
    price: str | None = None,
    base_url: str | None = None,
    ledger: Ledger | None = None,
    allow_no_calls: bool = False,
    embedding: str | None = None,
) -> AsyncIterator[Runtime]:
    """What designs run with, opened for as long as the ``async with`` lasts.

    Parameters:
        models: the model's name, or a table from the names that designs may ask for to those of
            models, with ``""`` for the default. The same name twice is one model.
        tools: what the task declares (``task.tools``).
        train: gives the items that blocks may show as examples (``lambda: task.train``); none by default.
        cache: where completions are remembered; a `Cache` is left open, a path is opened and closed
            here, ``None`` remembers for as long as this lasts.
        concurrency: calls in flight, for each model.
        world: selects an independent replicate; ``replace(runtime, world=1)`` gives another one.
        price: ``IN/OUT`` in USD per million tokens, where litellm does not know it.
        ledger: charges every call to this run's budget.
        allow_no_calls: lets designs answer without asking a model.
        embedding: the LiteLLM name of a model that ranks passages for the tool ``retrieval``; by their
            words, without a call, where there is none.

    Raises:
        InputError, CredentialsError: a model is unknown, or its key is missing.

    Example::

        async with open_runtime("abacus", tools=task.tools, cache=Path(".masdesign/calls.db")) as runtime:
            evaluation = await evaluate(design, task, "val", runtime)
    """
    table = {"": models} if isinstance(models, str) else dict(models)
    async with AsyncExitStack() as stack:
        store = cache if isinstance(cache, Cache) else _open_cache(cache)
        if store is not cache:
            stack.callback(store.close)
        loaded: dict[str, LM] = {}
        for name in table.values():
            if name not in loaded:
                lm = load_lm(name, cache=store, concurrency=concurrency, price=price, base_url=base_url)
                stack.push_async_callback(lm.aclose)
                loaded[name] = lm if ledger is None else Budgeted(lm, ledger)
        ranks: LM | None = None
        if embedding is not None:
            lm = load_embedding(embedding, cache=store, concurrency=concurrency, base_url=base_url)
            stack.push_async_callback(lm.aclose)
            ranks = lm if ledger is None else Budgeted(lm, ledger)
        sandbox = await stack.enter_async_context(MontySandbox())
        yield Runtime(
            models={key: loaded[name] for key, name in table.items()},
            blocks=blocks(),
            sandbox=sandbox,
            world=world,
            tools=frozenset(tools),
            allow_no_calls=allow_no_calls,
            embedding=ranks,
            train=train,
        )


def _open_cache(path: Path | str | None) -> Cache:
    return Cache.memory() if path is None else Cache(Path(path))
