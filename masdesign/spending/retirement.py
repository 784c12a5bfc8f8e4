"""Retirement: what a run is charged, in canonical order. **Order decides, timing never.**

Work is done in *accounts*, opened in the canonical order of the work (order of proposal, then of items).
Calls are charged in that order (account, then order of issue), each key once, at what they really used, as
long as that fits. The first that does not fit is the *cut*. From then on nothing is charged, until the limit
is raised. What was finished beyond the cut stays in the cache and is shown as paid. An account counts once
all its calls are retired (`Account.retired`). So the calls that are charged, and the accounts that are whole,
are a function of that order and of the completions alone, at any concurrency.

The test is the one that admission makes of a call that is next in the order: its reservation must fit, so
that speculation changes nothing. In the last stretch of a budget reservations are maxima, so that it is
overspent by very little.
"""

import math
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from masdesign.errors import BudgetExhausted, ProviderError
from masdesign.spending.account import Account, AccountCall, Endings, Landing, current_account
from masdesign.spending.budget import Budget
from masdesign.spending.forecast import CallGroup, Moments
from masdesign.spending.spend import PICO, Cost, Meter, Spend

if TYPE_CHECKING:
    from masdesign.spending.ledger import Ledger

UNORDERED = -1
"""The place of calls without an account: before every account."""
LAST_STRETCH = 0.02
"""The share of the limit in which reservations are maxima."""
_AMOUNTS: dict[str, Callable[[Cost], int]] = {
    "calls": attrgetter("calls"),
    "tokens": attrgetter("tokens"),
    "usd": attrgetter("pico"),
    "min": lambda cost: 0,
}
"""What a cost takes of a budget, by its unit: whole calls, tokens or picodollars."""


class Retirement:
    """What a run is charged, and what is still open, in canonical order."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._settled_overrun = 1.0  # by what factor a retired call has exceeded its bound at most
        self._amount = _AMOUNTS[budget.unit]
        self._limit = budget.limit
        self._whole = self._whole_limit()
        self._most = Cost()  # the most that one call can cost, over all models that designs ask
        self._spent = Cost()
        self._paid = Meter()
        self._done = 0  # the cost of what is done and not retired
        self._accounts: list[Account | None] = []
        self._head = 0  # the first account that is not retired
        self._free = self._open(UNORDERED)  # of calls without an account
        self._groups: dict[str, CallGroup] = {}
        self._active: dict[str, CallGroup] = {}  # those with open calls
        self._models: dict[str, Moments] = {}
        self.endings: dict[str, Endings] = {}
        """By model: how the replies ended that were charged."""
        self._free_models: set[str] = set()
        self._priced = True  # whether what is charged has a price
        self._reasoning = 0  # tokens, of what is charged
        self._cut: int | None = None  # the first account that was refused a charge

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
            inner = self._open(outer.index, 0, outer.group)
            inner.root = outer.root
            return inner
        index = len(self._accounts)
        amount = self._amount(self._most if most is None else _greater(self._most, most))
        self._group(group).append(index, bound_calls, amount)
        self._note_active(group)
        account = self._open(index, bound_calls, group)
        self._accounts.append(account)
        return account

    def _open(self, index: int, bound_calls: int = 0, group: str = "") -> Account:
        return Account(cast("Ledger", self), index, bound_calls, group)  # there is no other kind

    def expect(self, most: Cost) -> None:
        """Note the most that one call of a model can cost, before the first account is opened."""
        self._most = _greater(self._most, most)

    def current(self) -> Account | None:
        """The current account, if it is one of this ledger."""
        account = current_account.get()
        return account if account is not None and account.ledger is self else None

    def close_account(self, account: Account) -> None:
        """Give back what an account has not used (`Account.close`)."""
        if account.closed:
            return
        account.closed = True
        if account.root is account and account.calls_left:
            self._change(account, calls=-account.calls_left)
            account.calls_left = 0
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

    # -- in order

    def _advance(self) -> None:
        """Decide what can be decided now."""
        self._retire()

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
            why = str(landing.error or "").partition(": ")[2]  # the model's name comes first
            self.endings[call.model].add(landing.finish, landing.usage, why)
        self.budget.spent = self._amount(self._spent) / (PICO if self.budget.unit == "usd" else 1)
        bound, used = self._amount(call.bound), self._amount(landing.cost)
        if used > bound > 0:
            self._settled_overrun = max(self._settled_overrun, used / bound)
        self._models.setdefault(call.model, Moments()).add(used)

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

    # -- what is decided by what is retired alone

    def _reserve(self, call: AccountCall) -> float:
        """What is reserved for a call that is next in the order: decided by what is retired alone."""
        most = self._settled_overrun * self._amount(call.bound)
        if self._is_last_stretch():
            return most
        for used in (self._group(call.account.root.group).used, self._models.get(call.model)):
            if used is not None and used.trusted:
                return min(most, used.reserve)
        return most

    def _is_next(self, call: AccountCall) -> bool:
        """Whether all that comes before it in the order is retired."""
        root = call.account.root
        return root.index == self._head and root.calls[0] is call

    def _is_cut(self, index: int) -> bool:
        return self._cut is not None and index >= self._cut

    def _is_late(self) -> bool:
        return self.budget.unit == "min" and self.budget.spent >= self._limit

    def _is_over(self, index: int) -> bool:
        """Whether nothing is charged any more in the account of that place."""
        return self._is_cut(index) or self._is_late()

    def _cut_at(self, account: Account, error: BudgetExhausted) -> None:
        account.refusal = account.root.refusal = error
        self._cut = account.index if self._cut is None else min(self._cut, account.index)

    def _exhaustion(self, bound: Cost) -> BudgetExhausted:
        unit = self.budget.unit
        form = ".0f" if unit in ("calls", "tokens") else ".6g"
        spent = f"{self.spent:{form}} of {self._limit:{form}} {unit} are spent"
        if unit == "min":
            return BudgetExhausted(f"the budget is used up: {spent}; give a larger budget")
        needs = self._settled_overrun * self._amount(bound) / (PICO if unit == "usd" else 1)
        spent = f"{spent}, and the next call may need {needs:{form}}"
        return BudgetExhausted(f"the budget is used up: {spent}; give a larger budget")

    def _is_last_stretch(self) -> bool:
        return self._room() < LAST_STRETCH * self._whole

    def _room(self) -> float:
        return self._whole - self._amount(self._spent)

    def _whole_limit(self) -> float:
        if self._limit == math.inf or self.budget.unit == "min":
            return math.inf
        return round(self._limit * PICO) if self.budget.unit == "usd" else int(self._limit)

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


def _greater(cost: Cost, other: Cost) -> Cost:
    """The greater of the two in each unit."""
    return Cost(max(cost.calls, other.calls), max(cost.tokens, other.tokens), max(cost.pico, other.pico))
