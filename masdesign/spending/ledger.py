"""Admission: which calls of a run are sent, and when (issue out of order, retire in order).

A run is charged once for each distinct cache key that it asks for, whether or not an earlier run left the
completion on disk. What is charged is decided by retirement alone (`masdesign.spending.retirement`), in
canonical order; admission is speculative:

1. A call is sent early where the limit covers what is charged, its own reservation, and what all earlier
   open calls are expected to use (`masdesign.spending.forecast`): k means and three standard deviations of
   the sum, or maxima while little is known.
2. A call that is next in the order is sent where its own reservation fits, and is refused where not.
3. No more calls of a model are sent than its server takes at the time (`Ledger.enter`); the others wait here,
   where they are looked at anew when a reply was longer than it may be.
"""

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from masdesign import errors
from masdesign.errors import BudgetExhausted, MasdesignError
from masdesign.spending.account import Account as Account
from masdesign.spending.account import AccountCall, Endings, Landing
from masdesign.spending.account import current_account as current_account
from masdesign.spending.budget import Budget
from masdesign.spending.forecast import DEVIATIONS
from masdesign.spending.retirement import Retirement
from masdesign.spending.spend import Cost, meter
from masdesign.types import Completion

Sent = tuple[Landing, Completion | None]
Send = Callable[[], Coroutine[Any, Any, Completion]]


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


class Ledger(Retirement):
    """The spending of one run; see the module's docstring for the rules.

    ``call_tokens`` narrows what one call may use at most (otherwise the models' windows): a larger
    call is refused with `ContextOverflow`, and more accounts can run at once near the end.
    """

    def __init__(self, budget: Budget | None = None, *, call_tokens: int | None = None) -> None:
        super().__init__(budget or Budget())
        self.call_tokens = call_tokens
        self.overrun = 1.0
        """By what factor a call has exceeded its bound at most: a server that breaks ``max_tokens``."""
        self._landings: dict[str, Landing] = {}  # by key: what needs not be sent again
        self._flights: dict[asyncio.Task[None], _Waiting] = {}
        self._in_flight = 0  # upper bounds of what is in flight
        self._queues: defaultdict[str, list[_Waiting]] = defaultdict(list)  # by model
        self._places: dict[str, Callable[[], float]] = {}  # by model: calls that its server takes at once
        self._flying: Counter[str] = Counter()  # by model: calls in flight
        self._tickets = 0
        self._timer: asyncio.TimerHandle | None = None  # ends a budget in minutes

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
        super()._advance()
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
        if self._is_over(waiting.index):
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
        if self._is_over(waiting.index):
            return True
        if waiting.call.account is self._free:
            return not self._flights
        return self._is_next(waiting.call)

    def _refuse(self, waiting: _Waiting) -> None:
        call = waiting.call
        error = self._exhaustion(call.bound)
        if call.account is not self._free:
            self._cut_at(call.account, error)
        waiting.outcome.set_exception(error)
        self._withdraw(call)
        self._retire()

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
            cost = Cost.of(completion.usage, call.bound.calls)
            landing = Landing(cost, None, completion.finish, completion.usage)
            landing = self._landings.setdefault(call.key, landing)
        except asyncio.CancelledError:
            if not self._is_late():
                outcome.cancel()
                raise
            landing = Landing(Cost(), self._exhaustion(call.bound))
        except Exception as error:  # noqa: BLE001 (it is raised where the outcome is awaited)
            landing = self._failed(call.key, error)
            if landing.error is None and not outcome.done():
                outcome.set_exception(error)
        finally:
            if flight is not None:
                del self._flights[flight]
            self._settle(call, landing)
        if not outcome.done():  # the caller was not cancelled
            outcome.set_result((landing, completion))

    def _failed(self, key: str, error: Exception) -> Landing:
        """What a call came to that failed. One that would fail again is remembered for the run, so that who
        asks first does not decide who pays."""
        if isinstance(error, errors.BilledError):
            return Landing(Cost.of(error.usage, calls=0), error, usage=error.usage)
        if isinstance(error, errors.Refused):
            cost = Cost.of(error.usage) if error.usage.tokens else Cost()
            return self._landings.setdefault(key, Landing(cost, error, "refused", error.usage))
        landing = Landing(Cost(), error if isinstance(error, MasdesignError) else None)
        passes = isinstance(error, errors.ProviderError) or not isinstance(error, errors.LMError)
        return landing if passes else self._landings.setdefault(key, landing)

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
