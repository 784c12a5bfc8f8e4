"""What a run is charged, and in which order its budget is used up.

A run is charged once for each distinct cache key that it asks for, whether or not an earlier run
left the completion on disk. Work is done in *accounts*, opened in the canonical order of the work
(order of proposal, then of items). **Order never decides**: which calls are charged and which are
refused is as if the accounts had run one after another, at any concurrency, and what is spent and
reserved never exceeds the limit. Three rules give this:

1. Before a call, the most that it can cost is reserved; afterwards it is settled.
2. A call is admitted once the limit covers, beside what is spent and reserved, its own reservation
   *and everything that earlier open accounts may still spend* (their calls left, each at the most
   that a call of theirs can cost). So what a later account spends is never missed by an earlier one.
3. Otherwise it waits. It is refused only when no earlier account can spend any more and no call is
   in flight. From then on every call of this account and of later ones that would have to be
   charged is refused, until the limit is raised: the cut is a prefix.

Since an account's calls left cover its own waiting calls, where the earliest waiting call does not
fit no later one does: only the earliest has to be looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, Token, copy_context
from dataclasses import dataclass, field
from heapq import heappop, heappush
from types import TracebackType
from typing import Any

from masdesign.errors import BilledError, BudgetExhausted, LMError, MasdesignError, ProviderError
from masdesign.spending.budget import Budget
from masdesign.spending.meter import Meter, meter
from masdesign.spending.prefix import PrefixSums
from masdesign.spending.spend import PICO, Cost, Spend
from masdesign.types import Completion

Outcome = Completion | MasdesignError
Flight = asyncio.Task[Outcome]
Send = Callable[[], Coroutine[Any, Any, Completion]]
UNORDERED = -1
"""The place of calls without an account: before every account."""


class Account:
    """A place in the order of spending, with at most ``bound_calls`` calls.

    As a context manager it is the current account (of this task and of those started in it)
    inside, and closed afterwards.
    """

    def __init__(self, ledger: Ledger, index: int, bound_calls: int, amount: int = 0) -> None:
        self.ledger, self.index = ledger, index
        self.calls_left = bound_calls
        self.amount = amount
        """The most that a call of it can cost, in the unit that the ledger counts in."""
        self.root = self
        """The account itself, or the outermost one where it was opened inside another."""
        self._tokens: list[Token[Account | None]] = []

    def close(self) -> None:
        """Give back what was not used; again does nothing. Calls in flight are still charged."""
        self.ledger._take(self, self.calls_left)
        self.ledger._pump()

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


@dataclass(order=True, slots=True)
class _Waiting:
    """A call that is not admitted yet; sorted by account, then by order of issue."""

    index: int
    ticket: int
    key: str = field(compare=False)
    cost: Cost = field(compare=False)
    send: Send = field(compare=False)
    account: Account | None = field(compare=False)
    context: Context = field(compare=False)
    decision: asyncio.Future[Flight | BudgetExhausted] = field(compare=False)
    """Resolved with the flight of its key, its own or another's; or with the refusal."""
    leads: bool = field(default=False, compare=False)
    """Whether the flight is its own."""


class Ledger:
    """The spending of one run; see the module's docstring for the rules.

    ``call_tokens`` narrows what one call may use at most (otherwise the models' windows): a larger
    call is refused with `ContextOverflow`, and more accounts can run at once near the end.
    """

    def __init__(self, budget: Budget | None = None, *, call_tokens: int | None = None) -> None:
        self.budget = budget or Budget()
        self.call_tokens = call_tokens
        self._limit = self.budget.limit
        self._most = Cost()  # the most that one call can cost, over all models that designs ask
        self._known: dict[str, LMError | None] = {}  # keys charged, or failed for good: free from then on
        self._spent = self._reserved = Cost()
        self._paid = Meter()
        self._flights: dict[str, Flight] = {}
        self._left = PrefixSums()  # what each account may still spend, in order
        self._queue: list[_Waiting] = []
        self._by_key: dict[str, list[_Waiting]] = {}
        self._tickets = 0
        self._cut: int | None = None  # the first account that was refused a charge

    # -- what others see

    def account(self, bound_calls: int, most: Cost | None = None) -> Account:
        """Open the next account. ``bound_calls`` must be a true upper bound of its calls, cached
        and repeated ones included; its work must not wait for the work of a later account. ``most`` is
        what a call of a model apart (`Budgeted`) can cost, where this account asks one.

        Inside an open account it gives a part of that one: the same place in the order, and
        covered by its bound.
        """
        outer = self.current()
        if outer is not None:
            inner = Account(self, outer.index, 0)
            inner.root = outer.root
            return inner
        amount = self._amount(self._most if most is None else _greater(self._most, most))
        self._left.append(bound_calls * amount)
        return Account(self, len(self._left) - 1, bound_calls, amount)

    def current(self) -> Account | None:
        """The current account, if it is one of this ledger."""
        account = current_account.get()
        return account if account is not None and account.ledger is self else None

    @property
    def limit(self) -> float:
        """What may be spent, in the budget's unit. The loop lowers it for a phase and raises it again;
        calls that wait are looked at anew, and the cut is lifted where it rises."""
        return self._limit

    @limit.setter
    def limit(self, value: float) -> None:
        if value > self._limit:
            self._cut = None
        self._limit = value
        self._pump()

    @property
    def spent(self) -> float:
        """What is settled, in the budget's unit."""
        return self.budget.spent

    @property
    def remaining(self) -> float:
        """``limit - spent``, never below 0 (calls in flight are not settled yet)."""
        return max(0.0, self._limit - self.spent)

    @property
    def exhausted(self) -> bool:
        """Whether an account was refused a charge and the limit has not been raised since."""
        return self._cut is not None or self._is_late()

    @property
    def spend(self) -> Spend:
        """All that was charged so far."""
        spent, paid = self._spent, self._paid
        return Spend(spent.calls, spent.tokens, spent.pico / PICO, self.budget.seconds, paid.calls, paid.usd)

    # -- what Budgeted uses

    def expect(self, most: Cost) -> None:
        """Note the most that one call of a model can cost, before the first account is opened."""
        self._most = _greater(self._most, most)

    async def charge(self, key: str, cost: Cost, send: Send) -> Completion:
        """Have the completion of ``key``, charged at most once; ``cost`` is its upper bound.

        ``send`` is called by whoever is admitted first, in a task of its own: what was sent is
        charged even where the caller is cancelled meanwhile. Raises `BudgetExhausted`, or the
        `LMError` that ``send`` raised: shared by all that waited for it, and nothing is charged. A
        failure that a retry cannot cure is remembered for the run.
        """
        account = self.current()
        leads = False
        outcome: Outcome
        if key in self._known:
            outcome = self._known[key] or await send()
        else:
            flight = self._flights.get(key)
            if flight is None:
                flight, leads = await self._admit(key, cost, send, account)
            outcome = await asyncio.shield(flight)
        if account is not None and not leads:
            self._take(account.root, 1)
            self._pump()
        if isinstance(outcome, MasdesignError):
            raise outcome.with_traceback(None)  # it may be raised many times, and must not grow
        return outcome

    async def aclose(self) -> None:
        """Cancel what is in flight, and wait until it has ended."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    # -- admission

    async def _admit(self, key: str, cost: Cost, send: Send, account: Account | None) -> tuple[Flight, bool]:
        self._tickets += 1
        index = UNORDERED if account is None else account.index
        decision = asyncio.get_running_loop().create_future()
        waiting = _Waiting(index, self._tickets, key, cost, send, account, copy_context(), decision)
        heappush(self._queue, waiting)
        self._by_key.setdefault(key, []).append(waiting)
        try:
            self._pump()
            decided = await decision
        finally:  # where the caller was cancelled, the decision is too
            self._forget(waiting)
            self._pump()
        if isinstance(decided, BudgetExhausted):
            raise decided
        return decided, waiting.leads

    def _forget(self, waiting: _Waiting) -> None:
        same = self._by_key.get(waiting.key)
        if same is not None:
            same.remove(waiting)
            if not same:
                del self._by_key[waiting.key]

    def _pump(self) -> None:
        """Decide about the waiting calls, the earliest first, as far as can be decided now."""
        while self._queue:
            first = self._queue[0]
            if first.decision.done():
                pass  # cancelled, or its key is in flight
            elif self._fits(first):
                self._launch(first)
            elif self._is_final(first.index):
                self._refuse(first)
            else:
                return
            heappop(self._queue)

    def _fits(self, waiting: _Waiting) -> bool:
        if self._is_cut(waiting.index) or self._is_late():
            return False
        earlier = self._left.before(max(0, waiting.index))
        return self._amount(waiting.cost) + earlier <= self._room()

    def _is_final(self, index: int) -> bool:
        """Whether a refusal now would also be one if the accounts ran one after another."""
        if self._is_cut(index) or self._is_late():
            return True
        return not self._flights and self._left.before(max(0, index)) == 0

    def _is_cut(self, index: int) -> bool:
        return self._cut is not None and index >= self._cut

    def _is_late(self) -> bool:
        return self.budget.unit == "min" and self.budget.spent >= self._limit

    def _refuse(self, waiting: _Waiting) -> None:
        if waiting.index != UNORDERED:
            self._cut = waiting.index if self._cut is None else min(self._cut, waiting.index)
        waiting.decision.set_result(BudgetExhausted(self._exhaustion(waiting.cost)))

    def _exhaustion(self, cost: Cost) -> str:
        unit, spent = self.budget.unit, f"{self.spent:.6g} of {self._limit:.6g} {self.budget.unit} are spent"
        if unit == "min":
            return f"the budget is used up: {spent}; give a larger --budget"
        needs = self._amount(cost) / (PICO if unit == "usd" else 1)
        return (
            f"the budget is used up: {spent}, and the next call may need {needs:.6g}; give a larger --budget"
        )

    # -- flights

    def _launch(self, waiting: _Waiting) -> None:
        if waiting.account is not None:
            self._take(waiting.account.root, 1)
        self._reserved += waiting.cost
        flight = asyncio.get_running_loop().create_task(self._fly(waiting), context=waiting.context)
        self._flights[waiting.key] = flight
        waiting.leads = True
        for same in self._by_key[waiting.key]:
            if not same.decision.done():
                same.decision.set_result(flight)

    async def _fly(self, waiting: _Waiting) -> Outcome:
        meter.set(self._paid)
        used = Cost()
        try:
            completion = await waiting.send()
            used = Cost.of(completion.usage)
            self._known[waiting.key] = None
            return completion
        except BilledError as error:
            used = Cost.of(error.usage, calls=0)
            return error
        except ProviderError as error:
            return error
        except LMError as error:
            # It would fail again. Remembered, so that who asks first does not decide who pays.
            self._known[waiting.key] = error
            return error
        except MasdesignError as error:  # ends the run; whoever still waits is told
            return error
        finally:
            self._settle(waiting, used)

    def _settle(self, waiting: _Waiting, used: Cost) -> None:
        held = waiting.cost
        self._reserved += Cost(-held.calls, -held.tokens, -held.pico)
        self._spent += used
        self.budget.spent = self._amount(self._spent) / (PICO if self.budget.unit == "usd" else 1)
        del self._flights[waiting.key]
        self._pump()

    # -- amounts, in whole calls, tokens or picodollars

    def _amount(self, cost: Cost) -> int:
        unit = self.budget.unit
        return {"calls": cost.calls, "tokens": cost.tokens, "usd": cost.pico, "min": 0}[unit]

    def _room(self) -> float:
        limit = self._limit
        if limit == float("inf") or self.budget.unit == "min":
            return float("inf")
        whole = round(limit * PICO) if self.budget.unit == "usd" else int(limit)
        return whole - self._amount(self._spent) - self._amount(self._reserved)

    def _take(self, account: Account, calls: int) -> None:
        """Take ``calls`` off what an account may still make, as far as it has them."""
        calls = min(calls, account.calls_left)
        if calls > 0:
            account.calls_left -= calls
            self._left.add(account.index, -calls * account.amount)


def _greater(one: Cost, other: Cost) -> Cost:
    """The greater of the two in each unit."""
    return Cost(max(one.calls, other.calls), max(one.tokens, other.tokens), max(one.pico, other.pico))
