"""Budgets as users write them."""

from __future__ import annotations

import pytest

from masdesign.errors import InputError
from masdesign.spending.budget import Budget
from masdesign.spending.price import Price


@pytest.mark.parametrize(
    ("text", "limit", "unit"),
    [
        ("20000calls", 20000, "calls"),
        ("1call", 1, "calls"),
        ("2Mtokens", 2_000_000, "tokens"),
        ("1.5k tokens", 1500, "tokens"),
        ("20kcalls", 20000, "calls"),
        ("5usd", 5, "usd"),
        (" .25USD ", 0.25, "usd"),
        ("10min", 10, "min"),
        ("0.7min", 0.7, "min"),
    ],
)
def test_forms(text: str, limit: float, unit: str) -> None:
    budget = Budget.parse(text, clock=lambda: 100.0)
    assert (budget.limit, budget.unit, budget.spent) == (limit, unit, 0)


@pytest.mark.parametrize(
    "text", ["", "20000", "calls", "-5usd", "5 euros", "1e4calls", "5usd 3", "nancalls", "5\nusd\n1"]
)
def test_what_is_no_budget_is_one_clear_line(text: str) -> None:
    with pytest.raises(InputError, match="20000calls, 2Mtokens, 5usd or 10min") as caught:
        Budget.parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["0calls", "0.0usd"])
def test_nothing_is_no_budget(text: str) -> None:
    with pytest.raises(InputError, match="allows nothing"):
        Budget.parse(text)


def test_none_is_unlimited() -> None:
    assert Budget.parse(None).remaining == float("inf")
    assert str(Budget.parse(None)) == "unlimited"
    assert str(Budget.parse("2Mtokens")) == "2000000tokens"
    assert str(Budget.parse("0.7min")) == "0.7min"


def test_minutes_spend_themselves() -> None:
    now = 100.0
    budget = Budget.parse("10min", clock=lambda: now)
    now += 90
    assert (budget.spent, budget.remaining) == (1.5, 8.5)
    now += 9999
    assert budget.remaining == 0


def test_at_most_forty_per_cent_are_set_aside() -> None:
    assert Budget.parse("1000calls").split(100) == (900, 100)
    assert Budget.parse("1000calls").split(900) == (600, 400)


@pytest.mark.parametrize("text", ["", "1", "1/2/3/4", "1/2/-3", "a/b", "-1/2", "nan/1", "inf/1"])
def test_prices(text: str) -> None:
    assert Price.parse("0.15/0.60") == Price(0.15, 0.6)
    with pytest.raises(InputError, match=r"write it as 0\.15/0\.60"):
        Price.parse(text)
