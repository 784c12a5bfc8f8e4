"""The run's meta-model, from its name: cached and charged as every other model of the run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from masdesign.lm import LM, Budgeted, load_lm
from masdesign.records.cache import Cache
from masdesign.spending.ledger import Ledger


@asynccontextmanager
async def open_meta_model(
    name: str | None,
    *,
    cache: Cache,
    ledger: Ledger,
    concurrency: int,
    price: str | None = None,
    base_url: str | None = None,
) -> AsyncIterator[LM | None]:
    """The model called ``name`` for as long as the ``async with`` lasts; ``None`` where there is no name.

    Raises:
        InputError, CredentialsError: the model is unknown, its key is missing, or the budget is in USD and
            its price is not known.
    """
    if name is None:
        yield None
        return
    lm = load_lm(name, cache=cache, concurrency=concurrency, price=price, base_url=base_url)
    try:
        yield Budgeted(lm, ledger, apart=True)
    finally:
        await lm.aclose()
