"""What further items will cost, measured on items already paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from masdesign.evaluation import evaluate
from masdesign.lm import LM, Wrapper
from masdesign.records.keys import cache_key
from masdesign.search.baselines import plain_designs
from masdesign.search.models import costliest
from masdesign.search.reserve import call_cost
from masdesign.spending.budget import Budget, Unit
from masdesign.tasks import Task
from masdesign.types import Completion, Item, Request, Usage
from masdesign.workflow import Design, Runtime


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
