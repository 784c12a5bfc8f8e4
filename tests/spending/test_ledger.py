"""What a run is charged."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from benchmarks.bench_adaptive import Jumping

from masdesign.errors import BilledError, BudgetExhausted, ContextOverflow, InputError, ProviderError
from masdesign.lm import Budgeted, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Account, Ledger
from masdesign.spending.price import Price
from masdesign.spending.spend import Spend
from masdesign.types import Completion, Message, Request, Usage

REPLY = Completion("4", Usage(30, 10, 0.5))


def ask(number: int) -> Request:
    return Request((Message("user", str(number)),), max_tokens=100)


def charged(spend: Spend) -> tuple[int, int, float]:
    return spend.calls, spend.tokens, spend.usd


class Gated(Scripted):
    """Answers only when the gate is open."""

    def __init__(
        self, function: Callable[[Request], str | Completion | Exception] = lambda request: REPLY
    ) -> None:
        super().__init__(function)
        self.gate = asyncio.Event()

    async def complete(self, request: Request) -> Completion:
        await self.gate.wait()
        return await super().complete(request)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_each_key_is_charged_once_and_a_warm_cache_changes_only_what_was_paid() -> None:
    with Cache.memory() as cache:
        spends = []
        for _ in range(2):
            ledger = Ledger()
            lm = Budgeted(Cached(Scripted(lambda request: REPLY), cache), ledger)
            await asyncio.gather(*[lm.complete(ask(number % 3)) for number in range(30)])
            await lm.complete(ask(1))
            spends.append(ledger.spend)
    cold, warm = spends
    assert charged(cold) == charged(warm) == (3, 120, 1.5)
    assert (cold.paid_calls, cold.paid_usd) == (3, 1.5)
    assert (warm.paid_calls, warm.paid_usd) == (0, 0)


async def test_samples_worlds_and_models_are_keys_of_their_own() -> None:
    ledger = Ledger()
    small, large = (Budgeted(Scripted(lambda request: "4", name), ledger) for name in ("small", "large"))
    for lm in (small, large):
        for request in (ask(1), replace(ask(1), sample=1), replace(ask(1), world=1), ask(1)):
            await lm.complete(request)
    assert ledger.spend.calls == 6


async def test_a_failed_call_costs_nothing_and_may_be_tried_again() -> None:
    replies: list[Exception | Completion] = [ProviderError("down"), REPLY]
    ledger = Ledger(Budget.parse("1call"))
    lm = Budgeted(Scripted(lambda request: replies.pop(0)), ledger)
    with pytest.raises(ProviderError):
        await lm.complete(ask(1))
    assert charged(ledger.spend) == (0, 0, 0)
    assert (await lm.complete(ask(1))).text == "4"
    assert charged(ledger.spend) == (1, 40, 0.5)


@pytest.mark.slow
async def test_each_attempt_that_was_billed_in_vain_is_spent_without_a_call() -> None:
    ledger = Ledger(Budget.parse("1000tokens"))
    lm = Budgeted(Scripted(lambda request: BilledError("no message", Usage(30, 0, 0.25))), ledger)
    with pytest.raises(BilledError):
        await lm.complete(ask(1))
    assert charged(ledger.spend) == (0, 4 * 30, 4 * 0.25)  # each was reserved anew
    assert ledger.remaining == 880


async def test_a_failure_for_good_is_remembered_for_the_run() -> None:
    scripted = Scripted(lambda request: ContextOverflow("too long"))
    lm = Budgeted(scripted, Ledger())
    for _ in range(3):
        with pytest.raises(ContextOverflow, match="too long"):
            await lm.complete(ask(1))
    assert len(scripted.requests) == 1


async def test_without_an_account_calls_go_first_and_the_message_names_the_cure() -> None:
    ledger = Ledger(Budget.parse("2calls"))
    lm = Budgeted(Scripted(lambda request: REPLY), ledger)
    waiting = ledger.account(2)
    outcomes = await asyncio.gather(
        *[lm.complete(ask(number)) for number in range(3)], return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [Completion, Completion, BudgetExhausted]
    assert str(outcomes[2]) == (
        "the budget is used up: 2 of 2 calls are spent, and the next call may need 1; give a larger budget"
    )
    waiting.close()


async def test_a_later_account_waits_for_what_an_earlier_one_may_still_need() -> None:
    ledger = Ledger(Budget.parse("3calls"))
    lm = Budgeted(Scripted(lambda request: REPLY), ledger)
    first, second = ledger.account(2), ledger.account(2)
    with second:
        early = asyncio.create_task(lm.complete(ask(1)))
        late = asyncio.create_task(lm.complete(ask(2)))
    second.calls_left = 0
    await settle()
    assert early.done()
    assert not late.done()
    first.close()
    first.close()
    assert (await late).text == "4"
    assert ledger.spend.calls == 2


async def test_after_the_cut_later_accounts_get_only_what_is_free() -> None:
    ledger = Ledger(Budget.parse("1call"))
    lm = Budgeted(Cached(Scripted(lambda request: REPLY), Cache.memory()), ledger)
    with ledger.account(2):
        await lm.complete(ask(1))
        with pytest.raises(BudgetExhausted):
            await lm.complete(ask(2))
    assert ledger.exhausted
    with ledger.account(2):
        assert (await lm.complete(ask(1))).text == "4"
        with pytest.raises(BudgetExhausted):
            await lm.complete(ask(3))


async def test_a_raised_limit_lifts_the_cut() -> None:
    ledger = Ledger(Budget.parse("10calls"))
    ledger.limit = 1
    lm = Budgeted(Scripted(lambda request: REPLY), ledger)
    with ledger.account(2):
        await lm.complete(ask(1))
        with pytest.raises(BudgetExhausted, match="1 of 1 calls"):
            await lm.complete(ask(2))
    ledger.limit = 10
    assert not ledger.exhausted
    assert ledger.remaining == 9
    with ledger.account(2):
        assert (await lm.complete(ask(2))).text == "4"


async def test_a_waiting_call_is_looked_at_anew_when_the_limit_rises() -> None:
    ledger = Ledger(Budget.parse("10calls"))
    ledger.limit = 1
    lm = Budgeted(Scripted(lambda request: REPLY), ledger)
    first, second = ledger.account(5), ledger.account(1)
    with second:
        call = asyncio.create_task(lm.complete(ask(1)))
        await settle()
        assert not call.done()
        ledger.limit = 10
        assert (await call).text == "4"
    first.close()


async def test_an_account_inside_another_is_a_part_of_it() -> None:
    ledger = Ledger(Budget.parse("4calls"))
    lm = Budgeted(Scripted(lambda request: REPLY), ledger)
    outer, later = ledger.account(4), ledger.account(1)
    with later:
        waits = asyncio.create_task(lm.complete(ask(9)))
    with outer:
        for number in range(3):
            with ledger.account(64):
                await lm.complete(ask(number))
        assert outer.calls_left == 1
        assert not waits.done()
    assert (await waits).text == "4"


async def test_the_account_of_another_ledger_is_none_of_ours() -> None:
    ledger = Ledger(Budget.parse("1call"))
    lm = Budgeted(Scripted(lambda request: REPLY), ledger)
    with Ledger().account(0):
        assert ledger.current() is None
        await lm.complete(ask(1))


async def test_what_was_sent_is_charged_though_the_caller_is_cancelled() -> None:
    ledger, gated = Ledger(Budget.parse("1call")), Gated()
    lm = Budgeted(gated, ledger)
    with ledger.account(1):
        sent = asyncio.create_task(lm.complete(ask(1)))
    with ledger.account(1):
        follows = asyncio.create_task(lm.complete(ask(1)))
        waits = asyncio.create_task(lm.complete(ask(2)))
    await settle()
    sent.cancel()
    waits.cancel()
    await settle()
    gated.gate.set()
    assert (await follows).text == "4"
    assert ledger.spend.calls == 1
    assert not any(ledger._queues.values())


async def test_closing_ends_what_is_in_flight() -> None:
    ledger = Ledger()
    lm = Budgeted(Gated(), ledger)
    call = asyncio.create_task(lm.complete(ask(1)))
    await settle()
    await lm.aclose()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert charged(ledger.spend) == (0, 0, 0)


async def test_minutes_end_when_the_clock_has_passed() -> None:
    now = 0.0
    ledger = Ledger(Budget.parse("1min", clock=lambda: now))
    lm = Budgeted(Cached(Scripted(lambda request: REPLY), Cache.memory()), ledger)
    with ledger.account(1), ledger.account(5):
        await lm.complete(ask(1))
        now = 61.0
        assert (await lm.complete(ask(1))).text == "4"
        with pytest.raises(BudgetExhausted, match=r"1\.01667 of 1 min"):
            await lm.complete(ask(2))
    assert ledger.exhausted
    ledger.limit = 2
    await lm.complete(ask(2))
    assert ledger.spend.seconds == 61


def test_a_usd_budget_needs_a_price() -> None:
    ledger = Ledger(Budget.parse("5usd"))
    with pytest.raises(InputError, match="give its price"):
        Budgeted(Scripted(lambda request: REPLY), ledger)
    Budgeted(Scripted(lambda request: REPLY, price=Price(1, 2)), ledger)


async def test_a_call_is_reserved_at_its_bytes_and_at_most_the_window() -> None:
    lm = Budgeted(Scripted(lambda request: REPLY, window=1000, price=Price(2, 6)), Ledger())
    short, long = ask(1), Request((Message("user", "é" * 2000),), max_tokens=100)
    assert (lm.cost(short).calls, lm.cost(short).tokens) == (1, 1 + 16 + 64 + 100)
    assert lm.cost(long).tokens == 1000
    assert lm.cost(long).pico == 1000 * 6 * 10**6 + 1


async def test_a_bound_on_one_calls_tokens_is_held() -> None:
    lm = Budgeted(Scripted(lambda request: REPLY), Ledger(Budget.parse("9000tokens"), call_tokens=200))
    await lm.complete(ask(1))
    with pytest.raises(ContextOverflow, match="allows 200 a call"):
        await lm.complete(Request((Message("user", "x" * 50),), max_tokens=100))


class Long(Scripted):
    """Replies of 10 to 3,000 tokens, each allowed 3,000, after a number of turns that the seed decides."""

    def __init__(self, seed: int) -> None:
        super().__init__(self._reply, window=9000)
        self.rng, self.paid = random.Random(seed), 0

    async def complete(self, request: Request) -> Completion:
        for _ in range(self.rng.randrange(12)):
            await asyncio.sleep(0)
        completion = await super().complete(request)
        self.paid += completion.usage.tokens
        return completion

    @staticmethod
    def _reply(request: Request) -> Completion:
        rng = random.Random(request.messages[0].content)
        return Completion("4", Usage(20, int(min(3000, max(10, rng.lognormvariate(5, 1.2))))))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_a_budget_is_used_up_to_its_end_and_hardly_overpaid_in_every_timing(seed: int) -> None:
    """At concurrency 256: the same accounts are whole whatever the timing, and 1 % is overpaid at most."""
    outcomes = set()
    for timing in (seed, seed + 100):
        ledger = Ledger(Budget.parse("300000tokens"))
        model = Long(timing)
        lm = Budgeted(Limited(model, 256), ledger)

        async def item(account: Account, number: int, lm: Budgeted = lm) -> bool:
            try:
                with account:
                    for call in range(3):
                        message = Message("user", f"{seed} {number} {call}")
                        await lm.complete(Request((message,), max_tokens=3000))
                await account.retired()
            except BudgetExhausted:
                return False
            return True

        accounts = [ledger.account(3, group=str(number // 100)) for number in range(600)]
        whole = await asyncio.gather(*[item(account, number) for number, account in enumerate(accounts)])
        assert whole == sorted(whole, reverse=True)
        assert 0.97 * 300_000 <= ledger.spent <= 300_000
        assert model.paid <= 1.01 * 300_000
        outcomes.add((sum(whole), ledger.spent))
    assert len(outcomes) == 1


async def test_a_server_that_breaks_max_tokens_is_noticed() -> None:
    """After the first reply that is longer than asked for, calls are reserved at what was seen."""
    ledger = Ledger(Budget.parse("6000tokens"))
    lm = Budgeted(Scripted(lambda request: Completion("4", Usage(30, 900)), window=9000), ledger)

    async def item(number: int) -> None:
        with ledger.account(1) as account:
            await lm.complete(ask(number))
        await account.retired()

    for number in range(6):
        await item(number)
    with pytest.raises(BudgetExhausted):
        await item(6)
    assert ledger.overrun > 4
    assert ledger.spent <= 6000


@pytest.mark.slow
async def test_minutes_end_what_is_in_flight_too() -> None:
    """A call that takes an hour does not hold a budget of a hundredth of a minute; others' results count."""
    ledger = Ledger(Budget.parse("0.01min"))

    class Slow(Scripted):
        async def complete(self, request: Request) -> Completion:
            await asyncio.sleep(3600 if request.messages[0].content == "2" else 0)
            return REPLY

    lm = Budgeted(Slow(lambda request: REPLY), ledger)
    accounts = [ledger.account(1) for _ in range(3)]

    async def item(number: int) -> str:
        with accounts[number - 1]:
            text = (await lm.complete(ask(number))).text
        await accounts[number - 1].retired()
        return text

    start = asyncio.get_running_loop().time()
    ended = await asyncio.gather(*[item(number) for number in (1, 2, 3)], return_exceptions=True)
    assert asyncio.get_running_loop().time() - start < 30
    assert ended[0] == "4"
    assert all(isinstance(outcome, BudgetExhausted) for outcome in ended[1:])
    assert ledger.exhausted
    await ledger.aclose()


@pytest.mark.parametrize(
    ("text", "longest"),
    [("0.7min", 0.5), ("0.7min", 40), ("0.7min", 4000), ("10min", 40), ("10min", 4000), ("90min", 4000)],
)
def test_minutes_hold_within_two_percent(text: str, longest: float) -> None:
    """Whatever calls take, up to an hour, work ends within 2 % of the minutes, and not before they are up."""
    loop, rng = Jumping(), random.Random(text)
    ledger = Ledger(Budget.parse(text, clock=loop.time))

    class Waiting(Scripted):
        async def complete(self, request: Request) -> Completion:
            await asyncio.sleep(rng.uniform(0, longest))
            return REPLY

    lm = Budgeted(Limited(Waiting(lambda request: REPLY), 16), ledger)

    async def item(number: int) -> None:
        with ledger.account(3) as account:
            for call in range(3):
                await lm.complete(ask(10 * number + call))
        await account.retired()

    async def phase(limit: float) -> float:
        """Items until the phase's minutes are up; when that was."""
        ledger.limit = limit
        for number in itertools.count(int(1e6 * limit)):
            items = [item(16 * number + place) for place in range(16)]
            outcomes = await asyncio.gather(*items, return_exceptions=True)
            if any(isinstance(outcome, BudgetExhausted) for outcome in outcomes):
                break
        return loop.time() / 60

    async def search_and_look() -> tuple[float, float]:
        ended = await phase(0.6 * ledger.budget.limit), await phase(ledger.budget.limit)
        await ledger.aclose()
        return ended

    limit = ledger.budget.limit
    with closing(loop):
        searched, looked = loop.run_until_complete(search_and_look())
    assert 0.6 * limit <= searched <= 0.6 * limit * 1.02
    assert limit <= looked <= limit * 1.02
