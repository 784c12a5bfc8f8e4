"""A model apart: dear, with a large window, and asked in accounts of its own."""

from __future__ import annotations

import asyncio

import pytest

from masdesign.lm import Budgeted, Scripted
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger, current_account
from masdesign.types import Message, Request


def models(apart: bool) -> tuple[Ledger, Budgeted, Budgeted]:
    ledger = Ledger(Budget.parse("20000tokens"))
    small = Budgeted(Scripted(lambda request: "yes", "small", window=300), ledger)
    large = Budgeted(Scripted(lambda request: "yes", "large", window=9000), ledger, apart=apart)
    return ledger, small, large


async def ask(lm: Budgeted, account, text: str) -> None:
    token = current_account.set(account)
    try:
        await lm.complete(Request((Message("user", text),), max_tokens=lm.window))
    finally:
        current_account.reset(token)


@pytest.mark.parametrize("apart", [True, False])
async def test_it_does_not_keep_the_calls_of_others_waiting(apart):
    ledger, small, _ = models(apart)
    first, second = ledger.account(9), ledger.account(9)
    late = asyncio.create_task(ask(small, second, "b"))
    await asyncio.sleep(0.02)
    assert late.done() == apart  # nine calls of 300 tokens are covered, nine of 9,000 are not
    first.close()
    await late


async def test_its_own_accounts_cover_it_and_come_first():
    ledger, small, large = models(apart=True)
    first = ledger.account(3, large.most)
    second = ledger.account(9)
    late = asyncio.create_task(ask(small, second, "b"))
    await ask(large, first, "a")
    assert not late.done()  # the first account may still need two calls of 9,000
    await ask(large, first, "c")
    await asyncio.sleep(0.02)
    assert late.done()
    first.close()  # then what comes after it is charged
    assert ledger.spend.calls == 3
