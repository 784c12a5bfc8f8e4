"""How near to its limit a budget is used up, and how fast, at concurrency 256.

Replies are of 10 to 30,000 tokens (log-normal), each allowed 30,000; a reply takes time in proportion. Beside
it the same with every call reserved at its maximum, as `LEAST_SEEN` without end does.

    python tests/benchmarks/bench_budget.py [SEEDS]
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time

from masdesign.errors import BudgetExhausted
from masdesign.lm import Budgeted, Limited, Scripted
from masdesign.spending import forecast
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.spending.price import Price
from masdesign.types import Completion, Message, Request, Usage

MOST, CONCURRENCY, ITEMS, CALLS = 30_000, 256, 100, 3
PRICE = Price(0.5, 2.0)
SECONDS_A_TOKEN = 2e-6


class Model(Scripted):
    """Replies of a length that the prompt decides, after a time in proportion."""

    async def complete(self, request: Request) -> Completion:
        rng = random.Random(request.messages[0].content)
        tokens = int(min(MOST, max(10, rng.lognormvariate(7.3, 1.2))))
        await asyncio.sleep(tokens * SECONDS_A_TOKEN)
        usage = Usage(200, tokens)
        return Completion("4", PRICE.priced(usage))


async def spend(budget: str, seed: int) -> tuple[float, float, int, float]:
    """Charged and paid as shares of the limit, whole items, seconds."""
    ledger = Ledger(Budget.parse(budget))
    model = Limited(Model(lambda request: "", price=PRICE, window=200_000), CONCURRENCY)
    lm = Budgeted(model, ledger)
    paid = {"calls": 0.0, "tokens": 0.0, "usd": 0.0}
    whole, start = 0, time.perf_counter()

    async def item(account, design: int, number: int) -> None:
        nonlocal whole
        with account:
            for call in range(CALLS):
                request = Request((Message("user", f"{seed} {design} {number} {call}"),), max_tokens=MOST)
                completion = await lm.complete(request)
                paid["calls"] += 1
                paid["tokens"] += completion.usage.tokens
                paid["usd"] += completion.usage.usd
        await account.retired()
        whole += 1

    for design in range(1000):
        accounts = [ledger.account(CALLS, group=str(design)) for _ in range(ITEMS)]
        runs = [item(account, design, number) for number, account in enumerate(accounts)]
        outcomes = await asyncio.gather(*runs, return_exceptions=True)
        if any(isinstance(outcome, BudgetExhausted) for outcome in outcomes):
            break
    seconds = time.perf_counter() - start
    limit = ledger.limit
    return ledger.spent / limit, paid[ledger.budget.unit] / limit, whole, seconds


def main(seeds: int) -> None:
    """Print a table."""
    for budget in ("2000calls", "4Mtokens", "8usd"):
        for name, least in (("forecast", forecast.LEAST_SEEN), ("maxima", 10**9)):
            known, forecast.LEAST_SEEN = forecast.LEAST_SEEN, least
            runs = [asyncio.run(spend(budget, seed)) for seed in range(seeds)]
            forecast.LEAST_SEEN = known
            charged, paid, whole, seconds = zip(*runs, strict=True)
            shares = f"charged {statistics.fmean(charged):.4f}, paid {statistics.fmean(paid):.4f}"
            times = f"{statistics.fmean(whole):.0f} items, {statistics.fmean(seconds):.2f} s"
            print(f"{budget:10} {name:9} {shares} (at most {max(paid):.4f}), {times}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
