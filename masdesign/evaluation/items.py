"""The items of a design, run at once: started in order, charged in order, handed on in order."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from masdesign.errors import NotRecorded
from masdesign.evaluation.episodes import Ticket, places_of, run_episode
from masdesign.evaluation.executors.local import Local
from masdesign.spending.ledger import Account, Ledger, current_account
from masdesign.types import Item, Question
from masdesign.workflow import Design, ItemOutcome, Runtime, check
from masdesign.workflow.block import item_bound
from masdesign.workflow.faults import ending

R = TypeVar("R")

IN_FLIGHT = 512
"""Items under way at once: enough to fill every batch of a model, few enough to stay small."""


async def run_items(
    design: Design,
    items: Sequence[Item],
    runtime: Runtime,
    on_outcome: Callable[[Item, ItemOutcome], None],
    *,
    ledger: Ledger | None = None,
) -> None:
    """Run every item and hand its outcome to ``on_outcome``, in the order of ``items`` (`run_each`)."""

    async def as_it_is(item: Item, outcome: ItemOutcome) -> ItemOutcome:
        return outcome

    await run_each(design, items, runtime, as_it_is, on_outcome, ledger=ledger)


async def run_each(
    design: Design,
    items: Sequence[Item],
    runtime: Runtime,
    judge: Callable[[Item, ItemOutcome], Awaitable[R]],
    on_result: Callable[[Item, R], None],
    *,
    ledger: Ledger | None = None,
    judge_calls: int = 0,
) -> None:
    """Run every item, judge its outcome, and hand the result to ``on_result`` in the order of ``items``.

    With a ``ledger`` each item has an account of its own (within the current account, if there is
    one), which covers the ``judge_calls`` that judging one item can take. All are opened before the first
    ``await``, so that what is started first is charged first. Where one item raises (the budget is spent,
    a key is refused), those before it have been handed on, and those after it are cancelled.

    Raises:
        SourceError: the design is not well-formed. No item is run: a source that is refused has no score.
    """
    checked = check(design, runtime.blocks)
    own = 0 if runtime.acting is None else runtime.acting.environment.calls
    bound = item_bound(checked.call_bound, runtime.limits.calls) + own + judge_calls
    accounts = [None if ledger is None else ledger.account(bound, group=design.id) for _ in items]
    acting = runtime.acting
    tickets = [None if acting is None else places_of(acting).ticket() for _ in items]
    in_flight = asyncio.Semaphore(IN_FLIGHT)
    executor = runtime.executor or Local()

    async def run(item: Item, account: Account | None, ticket: Ticket | None) -> R:
        async with in_flight:
            if account is not None:
                current_account.set(account)  # in this task's own context
            try:
                if ticket is None:
                    outcome = await executor.run(checked, Question.of(item, runtime.asking), runtime)
                else:
                    outcome = await run_episode(checked, item, runtime, executor, ticket)
                result = await judge(item, outcome)
            except NotRecorded as error:
                error.design = f"{design.id} ({design.name or 'no name'})"
                raise
            except Exception as error:
                fault = ending(error, "the executor")
                if fault is error:
                    raise
                raise fault from error
            finally:
                if ticket is not None:
                    ticket.give_back()
                if account is not None:
                    account.close()
        if account is not None and account.root is account:  # else whoever opened the root waits
            await account.retired()  # what it answered counts once the budget is known to cover it
        return result

    pending = deque(
        (item, asyncio.create_task(run(item, account, ticket)))
        for item, account, ticket in zip(items, accounts, tickets, strict=True)
    )
    try:
        while pending:
            item, task = pending[0]
            on_result(item, await task)
            pending.popleft()  # a trace is let go as soon as it was looked at
    finally:
        for _, task in pending:
            task.cancel()
        await asyncio.gather(*(task for _, task in pending), return_exceptions=True)
        for account, ticket in zip(accounts, tickets, strict=True):
            if ticket is not None:  # a task that was cancelled before it started has closed nothing
                ticket.give_back()
            if account is not None:
                account.close()
