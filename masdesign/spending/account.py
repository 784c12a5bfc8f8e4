"""Accounts: places in the order of spending, and the calls that are charged to them."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar, Token
from dataclasses import dataclass
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

    def __exit__(self, *error: object) -> None:
        current_account.reset(self._tokens.pop())
        if not self._tokens:
            self.close()


current_account: ContextVar[Account | None] = ContextVar("current_account", default=None)
"""The account that calls are charged to; ``None``: no order, before every account."""


@dataclass
class Endings:
    """Counts over the distinct calls that a run was charged for.

    >>> endings = Endings(8192)
    >>> for finish in ("stop", "length"): endings.add(finish, Usage(20, 256))
    >>> endings.note()
    '1 of 2 replies was cut at 256 tokens; set max_tokens higher'
    """

    window: int
    """Of the model, in tokens."""
    replies: int = 0
    cut: int = 0
    """By ``max_tokens``."""
    filled: int = 0
    """The whole window: no length cures that."""
    refused: int = 0
    why: str = ""
    """The server's reason for the first refusal; empty where it gave none."""
    length: int = 0
    """Tokens of the longest reply that was cut."""

    def add(self, finish: Finish, usage: Usage, why: str = "") -> None:
        """Count one reply."""
        self.replies += 1
        self.refused += finish == "refused"
        self.why = self.why or (why if finish == "refused" else "")
        if finish == "length" and usage.tokens >= self.window:
            self.filled += 1
        elif finish == "length":
            self.cut += 1
            self.length = max(self.length, usage.completion_tokens)

    def note(self) -> str:
        """What a reader of the scores must know, with the cure; empty where there is nothing.

        Replies that fill a small window are reported where they are the majority: small models often run on.
        """
        parts = []
        if self.cut:
            cure = "set max_tokens higher"
            parts.append(f"{self._share(self.cut)} cut at {self.length} tokens; {cure}")
        if 2 * self.filled > self.replies:
            cure = "shorten the prompts, or take a model with a larger window"
            parts.append(f"{self._share(self.filled)} cut by the window of {self.window} tokens; {cure}")
        if self.refused:
            reason = f" ({self.why})" if self.why else ""
            parts.append(
                f"{self._share(self.refused)} refused{reason}; reword the prompts, or take another model"
            )
        return "; ".join(parts)

    def _share(self, count: int) -> str:
        return f"{count} of {self.replies} replies {'was' if count == 1 else 'were'}"
