"""Order never decides: many accounts at any concurrency end as if they had run one after another."""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from masdesign.errors import BudgetExhausted, ContextOverflow
from masdesign.lm import Budgeted, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.spending.price import Price
from masdesign.spending.spend import Cost
from masdesign.types import Completion, Message, Request, Usage

WINDOW = 600
PRICE = Price(3, 7)


@dataclass(frozen=True)
class Work:
    """One account's calls: waves of prompts, each wave issued at once."""

    waves: tuple[tuple[int, ...], ...]
    slack: int

    @property
    def bound(self) -> int:
        return sum(map(len, self.waves)) + self.slack


class Slow(Scripted):
    """Answers after a random number of turns, with a usage (or a failure) that its prompt sets."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(self._reply, window=WINDOW, price=PRICE)
        self.rng, self.peak = rng, 0

    async def complete(self, request: Request) -> Completion:
        for _ in range(self.rng.randrange(6)):
            await asyncio.sleep(0)
        return await super().complete(request)

    @staticmethod
    def _reply(request: Request) -> Completion | Exception:
        number = int(request.messages[0].content)
        if number % 11 == 10:
            return ContextOverflow("too long")
        usage = Usage(20 + number % 7, number * 37 % request.max_tokens)
        return Completion(str(number), Usage(usage.prompt_tokens, usage.completion_tokens, PRICE.usd(usage)))


def random_works(rng: random.Random) -> list[Work]:
    keys = rng.choice([8, 40, 400])
    return [
        Work(
            tuple(
                tuple(rng.randrange(keys) for _ in range(rng.randrange(1, 5)))
                for _ in range(rng.randrange(1, 4))
            ),
            rng.choice([0, 0, 0, 3, 50]),
        )
        for _ in range(rng.randrange(1, 40))
    ]


Trail = list[list[str] | None]
"""What became of each call, account by account; ``None``: the budget did not cover the account."""


def ask_for(number: int) -> Request:
    return Request((Message("user", str(number)),), max_tokens=50 + number % 60)


async def drive(
    works: Sequence[Work],
    budget: str,
    concurrency: int,
    seed: int,
    cache: Cache,
    limits: Sequence[float] = (),
) -> tuple[Trail, tuple[int, int, float]]:
    """Run every account; what became of it, and what was charged."""
    rng = random.Random(seed)
    ledger = Ledger(Budget.parse(budget))
    lm = Budgeted(Cached(Limited(Slow(rng), 17), cache), ledger)
    trail: Trail = []
    for limit in limits or (ledger.limit,):
        ledger.limit = limit
        trail += await phase(works, ledger, lm, concurrency, rng)
        scale = 10**12 if ledger.budget.unit == "usd" else 1
        assert ledger._amount(ledger._spent) <= limit * scale + 1
    assert not ledger._flights
    assert not any(ledger._queues.values())
    assert ledger._done == 0
    spend = ledger.spend
    return trail, (spend.calls, spend.tokens, spend.usd)


async def phase(
    works: Sequence[Work], ledger: Ledger, lm: Budgeted, concurrency: int, rng: random.Random
) -> Trail:
    places = asyncio.Semaphore(concurrency)
    accounts = [ledger.account(work.bound, group=f"g{n % 2}") for n, work in enumerate(works)]

    async def one(index: int) -> list[str] | None:
        events: list[str] = []
        async with places:
            with accounts[index]:
                for wave in works[index].waves:
                    replies = await asyncio.gather(*map(ask, wave), return_exceptions=True)
                    events += [type(r).__name__ if isinstance(r, Exception) else r.text for r in replies]
                    if "BudgetExhausted" in events:
                        break
                    if rng.random() < 0.5:
                        await asyncio.sleep(0)
        try:
            await accounts[index].retired()
        except BudgetExhausted:
            return None
        return events

    async def ask(number: int) -> Completion:
        return await lm.complete(ask_for(number))

    return list(await asyncio.gather(*(one(index) for index in range(len(works)))))


class Seen:
    """Costs as they were charged, and what one more is reserved at."""

    def __init__(self) -> None:
        self.costs: list[int] = []

    def reserve(self) -> float | None:
        if len(self.costs) < 20:
            return None
        return statistics.fmean(self.costs) + 3 * statistics.stdev(self.costs)


def oracle(works: Sequence[Work], budget: str, limits: Sequence[float]) -> tuple[Trail, int]:
    """What must become of each account, written down as plainly as it can be: one after another."""
    ledger = Ledger(Budget.parse(budget))
    lm = Budgeted(Slow(random.Random(0)), ledger)
    scale = 10**12 if ledger.budget.unit == "usd" else 1
    spent, known, trail = 0, set[int](), Trail()
    groups, model = [Seen(), Seen()], Seen()
    for limit in limits or (ledger.limit,):
        whole = round(limit * scale) if scale > 1 else int(limit)
        cut = False
        for n, work in enumerate(works):
            events: list[str] | None = []
            for number in (number for wave in work.waves for number in wave):
                request = ask_for(number)
                reply = Slow._reply(request)
                if number not in known:
                    most = ledger._amount(lm.cost(request))
                    used = ledger._amount(Cost.of(reply.usage)) if isinstance(reply, Completion) else 0
                    usual = groups[n % 2].reserve() or model.reserve()
                    stretch = whole - spent < 0.02 * whole
                    reserve = most if usual is None or stretch else min(most, usual)
                    if cut or spent + max(reserve, used) > whole:
                        cut, events = True, None
                        continue
                    spent += used
                    known.add(number)
                    groups[n % 2].costs.append(used)
                    model.costs.append(used)
                if events is not None:
                    events.append(type(reply).__name__ if isinstance(reply, Exception) else reply.text)
            trail.append(events)
    return trail, spent


@pytest.mark.slow
@pytest.mark.parametrize("block", range(4))
async def test_concurrency_never_changes_the_course(block: int) -> None:
    cut = 0
    for seed in range(block * 12, block * 12 + 12):
        rng = random.Random(seed)
        works = random_works(rng)
        calls = sum(work.bound for work in works)
        unit = rng.choice(["calls", "tokens", "usd"])
        share = rng.choice([0.05, 0.3, 0.6, 0.9, 3])
        scale = {"calls": 1, "tokens": 60, "usd": 60 * 5e-6}[unit]
        budget = f"{max(calls * share, 1) * scale:.7f}{unit}"
        total = Budget.parse(budget).limit
        limits = rng.choice([(), (total / 3, total), (total / 2, total, total)])
        with Cache.memory() as cache:
            alone = await drive(works, budget, 1, seed, cache, limits)
            expected, spent = oracle(works, budget, limits)
            assert alone[0] == expected, (seed, budget)
            assert {"calls": alone[1][0], "tokens": alone[1][1]}.get(unit, spent) == spent
            warm = await drive(works, budget, 256, seed + 1, cache, limits)
        for concurrency in (4, 256):
            with Cache.memory() as cache:
                together = await drive(works, budget, concurrency, seed + concurrency, cache, limits)
            assert together == alone, (seed, budget, concurrency)
        assert warm == alone, (seed, budget)
        cut += None in alone[0]
    assert cut > 1  # the budget did run out in many of the cases


async def test_the_cut_is_a_prefix() -> None:
    works = [Work(((index, index + 100),), 0) for index in range(1, 9)]  # none fails for good
    with Cache.memory() as cache:
        trail, (calls, _, _) = await drive(works, "9calls", 256, 0, cache)
    assert calls == 9
    assert trail == [[str(index), str(index + 100)] for index in range(1, 5)] + [None] * 4
