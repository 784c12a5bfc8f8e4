"""Estimates of the cost of calls and items, and the budget reserved for the look at `test`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10

from masdesign.errors import InputError
from masdesign.evaluation import evaluate
from masdesign.lm import LM, Wrapper
from masdesign.lm.protocol import price_of
from masdesign.records.keys import cache_key
from masdesign.search.grammar.generate import MAX_CALLS
from masdesign.search.loop.baselines import plain_designs
from masdesign.search.models import costliest
from masdesign.spending.budget import MAX_RESERVE, Budget, Unit
from masdesign.tasks import Task
from masdesign.types import Completion, Item, Request, Usage
from masdesign.workflow import Design, Runtime

LEAST_ITEMS = 50
"""Fewer of val or test show next to nothing."""
BASELINE_CALLS = 11
"""Calls an item of the baselines: at once, step by step, and nine draws that all votes share."""
BASELINES_SHARE = 1 / 3
"""Of the search's budget: as many val items are used as leave the rest to the designs."""
FINISHING_SHARE, FINISHING_CALLS = 1 / 6, 5
"""What is kept to complete a design that stands first when the rest is spent: calls for each val
item, but no more than that share of the search's budget."""
PROMPT_TOKENS, REPLY_TOKENS = 150, 150
"""A guess at what a call uses beside the question, before any was made."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """How a budget is divided, in its unit."""

    search: float
    """What baselines on val and candidates may spend together."""
    closing: float
    """What is kept for the look at test; what the search leaves over is added to it."""
    finishing: float
    """Of the search's, what is kept to complete the designs that stand first."""
    val_items: int
    """How many items of val the search uses, the first of the split."""


def plan(budget: Budget, task: Task, call: float, further: int = 0) -> Reserve:
    """Divide the budget: at most 40 % for the closing look, at full size where that suffices.

    Of the rest the plain ways take a third at most: a small budget uses a part of val, 50 items at least
    (all, where there are fewer), since it would otherwise be spent before a design is tried.
    How many minutes an item takes is not known: of a budget in minutes it is always 40 %.

    ``call`` is what a call takes of the budget, by the most expensive model; ``further`` is the number of
    models beside the default.

    Raises:
        InputError: the budget is unlimited, a split is empty, or the budget does not cover the look at
            50 test items (all of them where there are fewer) and the two plain baselines on as many of
            val. The message names the smallest budget that does.
    """
    if budget.limit == float("inf"):
        raise InputError("a search needs a budget; give one, such as 20000calls")
    if not task.val or not task.size("test"):
        empty = "test" if task.val else "val"
        raise InputError(f"task {task.name} has no {empty} items; a search needs both val and test")
    calls = BASELINE_CALLS + further + MAX_CALLS
    looked_at, fewest = min(LEAST_ITEMS, task.size("test")), min(LEAST_ITEMS, len(task.val))
    least = looked_at * (BASELINE_CALLS + further + FINISHING_CALLS) * call / MAX_RESERVE
    least = max(least, (2 + further) * fewest * call / (1 - MAX_RESERVE))
    if budget.limit < least:
        raise InputError(
            f"a budget of {budget} does not cover the baselines on {fewest} val items and the closing "
            f"look at {looked_at} test items; give at least {_round_up(least)}{budget.unit}"
        )
    wanted = float("inf") if budget.unit == "min" else task.size("test") * calls * call
    search, closing = budget.split(wanted)
    val_items, finishing = len(task.val), FINISHING_SHARE * search
    if call:
        affordable = int(BASELINES_SHARE * search / ((BASELINE_CALLS + further) * call))
        val_items = min(val_items, max(LEAST_ITEMS, affordable))
        finishing = min(finishing, FINISHING_CALLS * val_items * call)
    return Reserve(search, closing, finishing, val_items)


def check_bounds(budget: Budget, models: Iterable[LM | None]) -> None:
    """Raises InputError for a budget in USD where no call of the models costs any: nothing would end it."""
    prices = [price for lm in models if lm is not None and (price := price_of(lm)) is not None]
    if budget.unit == "usd" and not any(price.prompt or price.completion for price in prices):
        raise InputError(
            f"a budget of {budget} would never be used up, since the models cost nothing; "
            "give one in calls, tokens or minutes"
        )


def call_cost(budget: Budget, task: Task, lm: LM) -> float:
    """What one call is guessed to take of the budget, in its unit; 0 for minutes."""
    longest = max(len(item.question) + sum(map(len, item.context)) for item in task.val)
    usage = Usage(PROMPT_TOKENS + longest // 3, REPLY_TOKENS)
    price = price_of(lm)
    match budget.unit:
        case "calls":
            return 1.0
        case "tokens":
            return float(min(usage.tokens, lm.window))
        case "usd":
            return price.usd(usage) if price else 0.0
        case _:
            return 0.0


def _round_up(value: float) -> str:
    """With two significant digits, so that it can be remembered.

    >>> _round_up(3000), _round_up(3017), _round_up(0.1234)
    ('3000', '3100', '0.13')
    """
    step = 10.0 ** (floor(log10(value)) - 1) if value > 0 else 1.0
    return f"{ceil(value / step - 1e-9) * step:.10g}"


class Counting(Wrapper):
    """Notes each distinct call, once, and what it used."""

    def __init__(self, inner: LM, used: dict[str, Usage]) -> None:
        super().__init__(inner)
        self.used = used

    async def complete(self, request: Request) -> Completion:
        """Ask the wrapped model."""
        completion = await self.inner.complete(request)
        self.used[cache_key(request.of_model(self.model))] = completion.usage
        return completion


PILOT_ITEMS = 4
"""Val items on which the size of a call is measured; the baselines answer them anyway."""


async def typical_call(task: Task, runtime: Runtime, budget: Budget) -> float:
    """What a call takes of the budget, in its unit, by the most expensive model; 0 for minutes.

    Of tokens and USD a guess can be wrong by ten times, so plain ways are asked on a few val items first.
    Where the provider answers none, the guess stands (`call_cost`).

    Raises:
        BudgetExhausted: the budget does not cover these few calls.
    """
    guess = call_cost(budget, task, costliest(runtime.models))
    if budget.unit in ("calls", "min"):
        return guess
    designs = plain_designs(runtime.models, 0.0)
    items = task.val[:PILOT_ITEMS]
    costs = [await cost_per_item([design], task, items, runtime, budget.unit) for design in designs]
    return max(costs) or guess


async def cost_per_item(
    designs: Sequence[Design], task: Task, items: Sequence[Item], runtime: Runtime, unit: Unit
) -> float:
    """What an item of all the designs together takes of a budget, in its unit; 0 for minutes.

    Calls that designs share count once. The designs should have answered these val items before in
    the same run: then nothing is charged.
    """
    used: dict[str, Usage] = {}
    models = {name: Counting(lm, used) for name, lm in runtime.models.items()}
    for design in designs:
        await evaluate(design, task, "val", replace(runtime, models=models), items=items)
    total = sum(used.values(), Usage())
    amounts: dict[str, float] = {"calls": len(used), "tokens": total.tokens, "usd": total.usd, "min": 0.0}
    return amounts[unit] / len(items)
