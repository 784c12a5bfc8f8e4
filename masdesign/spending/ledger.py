"""What a run is charged, and in which order its budget is used up: issue out of order, retire in order.

A run is charged once for each distinct cache key that it asks for, whether or not an earlier run
left the completion on disk. Work is done in *accounts*, opened in the canonical order of the work
(order of proposal, then of items). **Order decides, timing never**: the calls that are charged, and the
accounts that are whole, are a function of that order and of the completions alone, at any concurrency.

1. **Retirement.** Calls are charged in canonical order (account, then order of issue), each key once, at
   what they really used, as long as that fits. The first that does not fit is the *cut*. From then on
   nothing is charged, until the limit is raised. What was finished beyond the cut stays in the cache and is
   shown as paid. An account counts once all its calls are retired (`Account.retired`).
2. **Admission** is speculative. A call is sent early where the limit covers what is charged, its own
   reservation, and what all earlier open calls are expected to use (`masdesign.spending.forecast`):
   k means and three standard deviations of the sum, or maxima while little is known.
3. A call that is next in the order is sent where its own reservation fits, and is refused where not. The
   same test is made at retirement of calls that were sent early, so that speculation changes nothing. In the
   last stretch of a budget reservations are maxima, so that it is overspent by very little.
4. No more calls of a model are sent than its server takes at the time (`Ledger.enter`); the others wait here,
   where they are looked at anew when a reply was longer than it may be.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any

from masdesign.errors import (
    BilledError,
    BudgetExhausted,
    LMError,
    MasdesignError,
    ProviderError,
    Refused,
)
from masdesign.spending.account import Account as Account
from masdesign.spending.account import AccountCall, Landing
from masdesign.spending.account import current_account as current_account
from masdesign.spending.budget import Budget
from masdesign.spending.endings import Endings
from masdesign.spending.forecast import DEVIATIONS, CallGroup, Moments
from masdesign.spending.meter import Meter, meter
from masdesign.spending.spend import PICO, Cost, Spend
from masdesign.types import Completion

Sent = tuple[Landing, Completion | None]
Send = Callable[[], Coroutine[Any, Any, Completion]]
UNORDERED = -1
"""The place of calls without an account: before every account."""
LAST_STRETCH = 0.02
"""The share of the limit in which reservations are maxima."""


@dataclass(order=True, slots=True)
class _Waiting:
    """A call that is not done yet; sorted by account, then by order of issue."""

    index: int
    ticket: int
    call: AccountCall = field(compare=False)
    send: Send = field(compare=False)
    outcome: asyncio.Future[Sent] = field(compare=False)
    """What the call came to; or its refusal."""
    context: Context | None = field(compare=False, default=None)
    """The caller's, where the call had to wait for its admission."""
    sent: bool = field(compare=False, default=False)


_AMOUNTS: dict[str, Callable[[Cost], int]] = {
    "calls": attrgetter("calls"),
    "tokens": attrgetter("tokens"),
    "usd": attrgetter("pico"),
    "min": lambda cost: 0,
}
"""What a cost takes of a budget, by its unit: whole calls, tokens or picodollars."""


class Ledger:
    """The spending of one run; see the module's docstring for the rules.

    ``call_tokens`` narrows what one call may use at most (otherwise the models' windows): a larger
    call is refused with `ContextOverflow`, and more accounts can run at once near the end.
    """

    def __init__(self, budget: Budget | None = None, *, call_tokens: int | None = None) -> None:
        self.budget = budget or Budget()
        self.call_tokens = call_tokens
        self.overrun = 1.0
        """By what factor a call has exceeded its bound at most: a server that breaks ``max_tokens``."""
        self._settled_overrun = 1.0  # the same of retired calls alone
        self._amount = _AMOUNTS[self.budget.unit]
        self._limit = self.budget.limit
        self._whole = self._whole_limit()
        self._most = Cost()  # the most that one call can cost, over all models that designs ask
        self._landings: dict[str, Landing] = {}  # by key: what needs not be sent again
        self._spent = Cost()
        self._paid = Meter()
        self._flights: dict[asyncio.Task[None], _Waiting] = {}
        self._in_flight = 0  # upper bounds of what is in flight
        self._done = 0  # the cost of what is done and not retired
        self._queues: defaultdict[str, list[_Waiting]] = defaultdict(list)  # by model
        self._places: dict[str, Callable[[], float]] = {}  # by model: calls that its server takes at once
        self._flying: Counter[str] = Counter()  # by model: calls in flight
        self._tickets = 0
        self._accounts: list[Account | None] = []
        self._head = 0  # the first account that is not retired
        self._free = Account(self, UNORDERED, 0)  # of calls without an account
        self._groups: dict[str, CallGroup] = {}
        self._active: dict[str, CallGroup] = {}  # those with open calls
        self._models: dict[str, Moments] = {}
        self.endings: dict[str, Endings] = {}
        """By model: how the replies ended that were charged."""
        self._free_models: set[str] = set()
        self._priced = True  # whether what is charged has a price
        self._reasoning = 0  # tokens, of what is charged
        self._cut: int | None = None  # the first account that was refused a charge
        self._timer: asyncio.TimerHandle | None = None  # ends a budget in minutes

    # -- what others see

    def account(self, bound_calls: int, most: Cost | None = None, *, group: str = "") -> Account:
        """Open the next account. ``bound_calls`` must be a true upper bound of its calls, cached
        and repeated ones included; its work must not wait for the work of a later account. ``most`` is
        what a call of a model apart (`Budgeted`) can cost, where this account asks one. Accounts of one
        ``group`` (a design's items) are expected to have calls of similar cost.

        Inside an open account it gives a part of that one: the same place in the order, and
        covered by its bound.
        """
        outer = self.current()
        if outer is not None:
            inner = Account(self, outer.index, 0, outer.group)
            inner.root = outer.root
            return inner
        index = len(self._accounts)
        amount = self._amount(self._most if most is None else _greater(self._most, most))
        self._group(group).append(index, bound_calls, amount)
        self._note_active(group)
        account = Account(self, index, bound_calls, group)
        self._accounts.append(account)
        return account

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
        self._whole = self._whole_limit()
        self._set_timer()
        self._advance()

    @property
    def spent(self) -> float:
        """What is charged, in the budget's unit."""
        return self.budget.spent

    @property
    def remaining(self) -> float:
        """``limit - spent``, never below 0 (calls that are not retired are not charged yet)."""
        return max(0.0, self._limit - self.spent)

    @property
    def exhausted(self) -> bool:
        """Whether an account was refused a charge and the limit has not been raised since."""
        return self._cut is not None or self._is_late()

    @property
    def spend(self) -> Spend:
        """All that was charged so far."""
        spent, paid = self._spent, self._paid
        figures = (spent.calls, spent.tokens, spent.pico / PICO, self.budget.seconds, paid.calls, paid.usd)
        return Spend(*figures, self._reasoning, self._priced)

    # -- what Budgeted uses

    def enter(self, model: str, window: int, places: Callable[[], float], *, is_free: bool) -> None:
        """Note a model that will be charged.

        Parameters:
            window: in tokens.
            places: gives the number of calls that its server takes at once, now.
            is_free: whether it is known to cost nothing.
        """
        self.endings.setdefault(model, Endings(window))
        self._places[model] = places
        if is_free:
            self._free_models.add(model)

    def expect(self, most: Cost) -> None:
        """Note the most that one call of a model can cost, before the first account is opened."""
        self._most = _greater(self._most, most)

    async def charge(self, key: str, bound: Cost, send: Send, *, model: str = "") -> Completion:
        """Have the completion of ``key``, charged at most once; ``bound`` is the most that it can cost.

        ``send`` is called once the call is admitted, in a task of its own: what was sent is charged even
        where the caller is cancelled meanwhile. Equal calls in flight are sent once by the cache
        (`masdesign.lm.cached`); here each is reserved. Within an account the completion may come before it
        is charged (see `Account.retired`). Raises `BudgetExhausted`, or the `LMError` that ``send`` raised:
        then nothing is charged. A failure that a retry cannot cure is remembered for the run.
        """
        account = self.current() or self._free
        if account.root.index < self._head:  # closed and passed: nothing of the order is left to keep
            account = self._free
        if account.refusal is not None and self._cut is not None:
            raise account.refusal
        call = AccountCall(key, bound, model, account)
        self._issue(call)
        landing, completion = await self._landed(call, send)
        if account.refusal is not None:
            raise account.refusal
        if landing.error is not None:
            raise landing.error.with_traceback(None)  # it may be raised many times, and must not grow
        return completion or await send()

    def close_account(self, account: Account) -> None:
        """Give back what an account has not used (`Account.close`)."""
        if account.closed:
            return
        account.closed = True
        if account.root is account and account.calls_left:
            self._change(account, calls=-account.calls_left)
            account.calls_left = 0
        self._advance()

    async def aclose(self) -> None:
        """Cancel what is in flight, and wait until it has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        flights = list(self._flights)
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    # -- issue and admission

    def _issue(self, call: AccountCall) -> None:
        call.account.open_calls += 1
        root = call.account.root
        if root is self._free:
            return
        root.calls.append(call)
        if root.calls_left:
            root.calls_left -= 1
        else:
            self._change(root, calls=1)

    async def _landed(self, call: AccountCall, send: Send) -> Sent:
        """What the call came to, and its completion where it was sent just now."""
        landing = self._landings.get(call.key)
        if landing is not None:
            self._land(call, landing)
            self._advance()
            return landing, None
        self._tickets += 1
        outcome: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(call.account.index, self._tickets, call, send, outcome)
        queue = self._queues[call.model]
        if not queue and self._fits(waiting) and self._has_place(call.model):
            self._launch(waiting)
        else:
            waiting.context = copy_context()
            heappush(queue, waiting)
            self._advance()
        try:
            return await outcome
        except asyncio.CancelledError:
            if not waiting.sent and call.landing is None:
                self._withdraw(call)
                self._advance()
            raise

    def _withdraw(self, call: AccountCall) -> None:
        """Take back a call that was never sent."""
        root = call.account.root
        if root is not self._free:
            root.calls.remove(call)
            self._change(root, calls=-1)
        call.account.open_calls -= 1
        call.account.note_retired()

    def _advance(self) -> None:
        """Retire and admit, as far as both can be decided now."""
        self._retire()
        while any(self._empty(queue) for queue in self._queues.values()):
            pass  # what was decided may decide about calls of other models

    def _empty(self, queue: list[_Waiting]) -> bool:
        """Admit and refuse a model's calls, as far as both can be decided; whether order moved on."""
        moved = False
        while queue:
            first = queue[0]
            if first.outcome.done():
                pass  # cancelled
            elif (landing := self._landings.get(first.call.key)) is not None:  # had by an equal call
                self._land(first.call, landing)
                first.outcome.set_result((landing, None))
                self._retire()
                moved = True
            elif self._fits(first):
                if not self._has_place(first.call.model):
                    break
                self._launch(first)
            elif self._is_final(first):
                self._refuse(first)
                moved = True
            else:
                break
            heappop(queue)
        return moved

    def _has_place(self, model: str) -> bool:
        places = self._places.get(model)
        return places is None or self._flying[model] < places()

    def _fits(self, waiting: _Waiting) -> bool:
        if self._is_cut(waiting.index) or self._is_late():
            return False
        if self._whole == math.inf:
            return True
        call = waiting.call
        if call.account is self._free:
            return self._in_flight + self._done + self._amount(call.bound) <= self._room()
        if self._is_next(call):
            return self._reserve(call) <= self._room()
        return self._expected(call) <= self._room()

    def _is_final(self, waiting: _Waiting) -> bool:
        """Whether the refusal would also be one if the accounts ran one after another."""
        if self._is_cut(waiting.index) or self._is_late():
            return True
        if waiting.call.account is self._free:
            return not self._flights
        return self._is_next(waiting.call)

    def _is_cut(self, index: int) -> bool:
        return self._cut is not None and index >= self._cut

    def _is_next(self, call: AccountCall) -> bool:
        """Whether all that comes before it in the order is retired."""
        root = call.account.root
        return root.index == self._head and root.calls[0] is call

    def _refuse(self, waiting: _Waiting) -> None:
        call = waiting.call
        error = self._exhaustion(call.bound)
        if call.account is not self._free:
            self._cut_at(call.account, error)
        waiting.outcome.set_exception(error)
        self._withdraw(call)
        self._retire()

    def _cut_at(self, account: Account, error: BudgetExhausted) -> None:
        account.refusal = account.root.refusal = error
        self._cut = account.index if self._cut is None else min(self._cut, account.index)

    # -- reservations

    def _expected(self, call: AccountCall) -> float:
        """What all open calls before it, and it itself, are expected to cost."""
        root, at_most = call.account.root, self._is_last_stretch()
        group = self._group(root.group)
        parts = [other.before(root.index, at_most=at_most) for other in self._active.values()]
        for mine in root.calls:  # of its own account
            if mine.landing is not None:
                parts.append((mine.counted, 0.0))
            else:
                parts.append(group.one(self.overrun * self._amount(mine.bound), at_most=at_most))
            if mine is call:
                break
        return sum(mean for mean, _ in parts) + DEVIATIONS * math.sqrt(sum(spread for _, spread in parts))

    def _reserve(self, call: AccountCall) -> float:
        """What is reserved for a call that is next in the order: decided by what is retired alone."""
        most = self._settled_overrun * self._amount(call.bound)
        if self._is_last_stretch():
            return most
        for used in (self._group(call.account.root.group).used, self._models.get(call.model)):
            if used is not None and used.trusted:
                return min(most, used.reserve)
        return most

    def _is_last_stretch(self) -> bool:
        return self._room() < LAST_STRETCH * self._whole

    def _room(self) -> float:
        return self._whole - self._amount(self._spent)

    def _whole_limit(self) -> float:
        if self._limit == math.inf or self.budget.unit == "min":
            return math.inf
        return round(self._limit * PICO) if self.budget.unit == "usd" else int(self._limit)

    def _is_late(self) -> bool:
        return self.budget.unit == "min" and self.budget.spent >= self._limit

    def _group(self, name: str) -> CallGroup:
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = CallGroup()
        return group

    def _change(self, root: Account, **change: int) -> None:
        self._group(root.group).change(root.index, **change)
        self._note_active(root.group)

    def _note_active(self, name: str) -> None:
        if self._groups[name].open:
            self._active[name] = self._groups[name]
        else:
            self._active.pop(name, None)

    def _exhaustion(self, bound: Cost) -> BudgetExhausted:
        unit, spent = self.budget.unit, f"{self.spent:.6g} of {self._limit:.6g} {self.budget.unit} are spent"
        if unit == "min":
            return BudgetExhausted(f"the budget is used up: {spent}; give a larger budget")
        needs = self._amount(bound) / (PICO if unit == "usd" else 1)
        return BudgetExhausted(
            f"the budget is used up: {spent}, and the next call may need {needs:.6g}; give a larger budget"
        )

    # -- flights

    def _launch(self, waiting: _Waiting) -> None:
        if self._timer is None:
            self._set_timer()
        self._in_flight += self._amount(waiting.call.bound)
        self._flying[waiting.call.model] += 1
        waiting.sent = True
        flight = asyncio.get_running_loop().create_task(self._fly(waiting), context=waiting.context)
        self._flights[flight] = waiting
        flight.add_done_callback(self._unbegun)

    def _unbegun(self, flight: asyncio.Task[None]) -> None:
        """Settle a flight that was cancelled before its first step."""
        waiting = self._flights.pop(flight, None)
        if waiting is not None:
            waiting.outcome.cancel()
            self._settle(waiting.call, Landing(Cost()))

    async def _fly(self, waiting: _Waiting) -> None:
        meter.set(self._paid)
        call, outcome, flight = waiting.call, waiting.outcome, asyncio.current_task()
        landing, completion = Landing(Cost()), None
        try:
            completion = await waiting.send()
            landing = Landing(
                Cost.of(completion.usage, call.bound.calls), None, completion.finish, completion.usage
            )
            landing = self._landings.setdefault(call.key, landing)
        except BilledError as error:
            landing = Landing(Cost.of(error.usage, calls=0), error, usage=error.usage)
        except ProviderError as error:
            landing = Landing(Cost(), error)
        except Refused as error:
            cost = Cost.of(error.usage) if error.usage.tokens else Cost()
            landing = self._landings.setdefault(call.key, Landing(cost, error, "refused", error.usage))
        except LMError as error:
            # It would fail again. Remembered, so that who asks first does not decide who pays.
            landing = self._landings.setdefault(call.key, Landing(Cost(), error))
        except MasdesignError as error:  # ends the run
            landing = Landing(Cost(), error)
        except asyncio.CancelledError:
            if not self._is_late():
                outcome.cancel()
                raise
            landing = Landing(Cost(), self._exhaustion(call.bound))
        except Exception as error:  # noqa: BLE001 (it is raised where the outcome is awaited)
            if not outcome.done():
                outcome.set_exception(error)
        finally:
            if flight is not None:
                del self._flights[flight]
            self._settle(call, landing)
        if not outcome.done():  # the caller was not cancelled
            outcome.set_result((landing, completion))

    def _set_timer(self) -> None:
        """Of a budget in minutes: what is in flight when they have passed is given up, too."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.budget.unit != "min" or self._limit == math.inf:
            return
        with suppress(RuntimeError):  # no loop runs yet: the first call sets it
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, 60 * (self._limit - self.spent)), self._expire)

    def _expire(self) -> None:
        self._timer = None
        if not self._is_late():
            self._set_timer()
            return
        for flight in self._flights:
            flight.cancel()
        self._advance()

    def _settle(self, call: AccountCall, landing: Landing) -> None:
        bound, used = self._amount(call.bound), self._amount(landing.cost)
        self._in_flight -= bound
        self._flying[call.model] -= 1
        if used > bound > 0:
            self.overrun = max(self.overrun, used / bound)
        self._land(call, landing)
        if isinstance(landing.error, BudgetExhausted) and call.account is not self._free:
            self._cut_at(call.account, landing.error)
        self._advance()

    def _land(self, call: AccountCall, landing: Landing) -> None:
        """Note what a call came to; without an account it is charged at once."""
        call.landing = landing
        root = call.account.root
        if root is not self._free:
            call.counted = 0 if landing.settled else self._amount(landing.cost)
            self._done += call.counted
            self._change(root, done=1, cost=call.counted)
            return
        call.account.open_calls -= 1
        if not landing.settled:
            self._charge(call, landing)

    # -- retirement

    def _retire(self) -> None:
        """Charge what is done, in order, up to the first call that is still open."""
        while self._head < len(self._accounts):
            root = self._accounts[self._head]
            assert root is not None
            while root.calls and root.calls[0].landing is not None:
                self._retire_call(root.calls.popleft())
            if root.calls or not root.closed:
                return
            self._accounts[self._head] = None
            self._head += 1

    def _retire_call(self, call: AccountCall) -> None:
        landing, root = call.landing, call.account.root
        assert landing is not None
        cost = self._amount(landing.cost)
        self._done -= call.counted
        self._change(root, calls=-1, done=-1, cost=-call.counted)
        if not landing.settled:
            if not self._is_cut(root.index) and max(self._reserve(call), cost) <= self._room():
                self._charge(call, landing)
                self._group(root.group).used.add(cost)
            else:
                self._cut_at(call.account, self._exhaustion(call.bound))
        call.account.open_calls -= 1
        call.account.note_retired()

    def _charge(self, call: AccountCall, landing: Landing) -> None:
        landing.settled = True
        self._spent += landing.cost
        self._reasoning += landing.usage.reasoning_tokens
        if landing.cost.tokens and not landing.cost.pico and call.model not in self._free_models:
            self._priced = False  # had without a price, now or when it was recorded
        if call.model in self.endings and not isinstance(landing.error, ProviderError):
            self.endings[call.model].add(landing.finish, landing.usage)
        self.budget.spent = self._amount(self._spent) / (PICO if self.budget.unit == "usd" else 1)
        bound, used = self._amount(call.bound), self._amount(landing.cost)
        if used > bound > 0:
            self._settled_overrun = max(self._settled_overrun, used / bound)
        self._models.setdefault(call.model, Moments()).add(used)


def _greater(cost: Cost, other: Cost) -> Cost:
    """The greater of the two in each unit."""
    return Cost(max(cost.calls, other.calls), max(cost.tokens, other.tokens), max(cost.pico, other.pico))
