"""Accounts: places in the order of spending, and the calls that are charged to them."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar, Token
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from masdesign.errors import BudgetExhausted, MasdesignError
from masdesign.spending.spend import Cost
from masdesign.types import Finish, Usage

if TYPE_CHECKING:
    from masdesign.spending.ledger import Ledger

NOTHING = Usage()


@dataclass(eq=False, slots=True)
class Landing:
    """What a sent call came to."""

    cost: Cost
    """What it really used."""
    error: MasdesignError | None = None
    finish: Finish = "error"
    usage: Usage = NOTHING
    settled: bool = False
    """Whether it is charged (or was found to cost nothing) in its place in the order."""


@dataclass(eq=False, slots=True)
class AccountCall:
    """A call of an account, from its issue to its retirement."""

    key: str
    bound: Cost
    """The most that it can cost."""
    model: str
    account: Account
    landing: Landing | None = None
    counted: int = 0
    """What it adds to the costs that are done and not retired."""


class Account:
    """A place in the order of spending, with at most ``bound_calls`` calls.

    As a context manager it is the current account (of this task and of those started in it)
    inside, and closed afterwards.
    """

    def __init__(self, ledger: Ledger, index: int, bound_calls: int, group: str = "") -> None:
        self.ledger, self.index, self.group = ledger, index, group
        self.calls_left = bound_calls
        self.root = self
        """The account itself, or the outermost one where it was opened inside another."""
        self.calls: deque[AccountCall] = deque()
        """Of a root: what is issued and not retired, in order of issue."""
        self.open_calls = 0
        """Calls of its own that are not retired."""
        self.closed = False
        self.refusal: BudgetExhausted | None = None
        """Set where the budget does not cover one of its calls."""
        self._retired: list[asyncio.Future[None]] = []
        self._tokens: list[Token[Account | None]] = []

    def close(self) -> None:
        """Give back what was not used; again does nothing. Calls in flight are still charged."""
        self.ledger.close_account(self)

    async def retired(self) -> None:
        """Wait until every call of it is charged in its place.

        What it answered counts only then: completions come back before it is known what earlier
        accounts cost.

        Raises:
            BudgetExhausted: the budget ended before, or within, this account.
        """
        if self.open_calls:
            future = asyncio.get_running_loop().create_future()
            self._retired.append(future)
            await future
        if self.refusal is not None:
            raise self.refusal

    def note_retired(self) -> None:
        """Wake who waits, where no call is open any more."""
        if self.open_calls == 0:
            for future in self._retired:
                if not future.done():
                    future.set_result(None)
            self._retired.clear()

    def __enter__(self) -> Account:
        self._tokens.append(current_account.set(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        current_account.reset(self._tokens.pop())
        if not self._tokens:
            self.close()


current_account: ContextVar[Account | None] = ContextVar("current_account", default=None)
"""The account that calls are charged to; ``None``: no order, before every account."""
