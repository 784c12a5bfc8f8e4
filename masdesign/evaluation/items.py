"""The items of a design, run at once: started in order, charged in order, handed on in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from masdesign.errors import NotRecorded, SourceError
from masdesign.evaluation.executors.local import Local
from masdesign.spending.ledger import Account, Ledger, current_account
from masdesign.types import Failure, Item, Question, Usage
from masdesign.workflow import Checked, Design, ItemOutcome, Node, Runtime, Trace, check

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
    """Run every item and hand its outcome to ``on_outcome``, in the order of ``items``.

    With a ``ledger`` each item has an account of its own (within the current account, if there is
    one). All are opened before the first ``await``, so that what is started first is charged first.
    Where one item raises (the budget is spent, a key is refused), those before it have been handed
    on, and those after it are cancelled.
    """
    try:
        checked = check(design, runtime.blocks)
    except SourceError as error:
        for item in items:
            on_outcome(item, _refused(Question.of(item, runtime.asking), error))
        return
    accounts = _open_accounts(checked, len(items), runtime, ledger)
    gate = asyncio.Semaphore(IN_FLIGHT)
    executor = runtime.executor or Local()

    async def run(item: Item, account: Account | None) -> ItemOutcome:
        async with gate:
            if account is not None:
                current_account.set(account)  # in this task's own context
            try:
                return await executor.run(checked, Question.of(item, runtime.asking), runtime)
            finally:
                if account is not None:
                    account.close()

    pending = deque(
        (item, asyncio.create_task(run(item, account))) for item, account in zip(items, accounts, strict=True)
    )
    try:
        while pending:
            item, task = pending[0]
            try:
                outcome = await task
            except NotRecorded as error:
                error.design = f"{design.id} ({design.name or 'no name'})"
                raise
            on_outcome(item, outcome)
            pending.popleft()  # a trace is let go as soon as it was looked at
    finally:
        for _, task in pending:
            task.cancel()
        await asyncio.gather(*(task for _, task in pending), return_exceptions=True)
        for account in accounts:  # a task that was cancelled before it started has closed nothing
            if account is not None:
                account.close()


def _open_accounts(
    checked: Checked, count: int, runtime: Runtime, ledger: Ledger | None
) -> list[Account] | list[None]:
    if ledger is None:
        return [None] * count
    bound = min(checked.call_bound, runtime.limits.calls)
    return [ledger.account(bound) for _ in range(count)]


def _refused(question: Question, error: SourceError) -> ItemOutcome:
    """The outcome of an item under a source that cannot run: found once, not once an item."""
    trace = Trace(question, Node("workflow", "workflow"), bound=0)
    return ItemOutcome(None, Failure("design", error.reason, error.line, error.cure), Usage(), 0, 0.0, trace)
