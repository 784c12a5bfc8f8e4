"""Spend: calls, tokens, money and time, for people to read and for computing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from masdesign.types import Usage

PICO = 10**12
"""Money is counted in whole millionths of millionths of a dollar, since sums of floats depend on
their order, and order must not decide."""


@dataclass(frozen=True, slots=True)
class Spend:
    """What a run was charged, and beside it (``paid_…``) what was really sent to a provider."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    seconds: float = 0.0
    paid_calls: int = 0
    paid_usd: float = 0.0
    reasoning_tokens: int = 0
    """Of ``tokens``: thought before the answers."""
    priced: bool = True
    """Whether the price of every model is known that was charged; otherwise USD are unknown."""

    def __add__(self, other: Spend) -> Spend:
        sums = {name: getattr(self, name) + getattr(other, name) for name in _FIGURES}
        return Spend(**sums, priced=self.priced and other.priced)

    def __str__(self) -> str:
        """As a person reads it; of models that cost nothing without USD.

        >>> str(Spend(2, 2500, paid_calls=1, reasoning_tokens=2000, priced=False))
        '2 calls (1 sent), 2500 tokens (2000 of them reasoning), USD unknown'
        >>> str(Spend(1, 20, 0.5, paid_usd=0.25))
        '1 calls (0 sent), 20 tokens, 0.5000 USD (0.2500 paid)'
        """
        thought = reasoning_words(self.reasoning_tokens)
        money = f", {self.usd:.4f} USD ({self.paid_usd:.4f} paid)" if self.usd or self.paid_usd else ""
        money = money if self.priced else ", USD unknown"
        return f"{self.calls} calls ({self.paid_calls} sent), {self.tokens} tokens{thought}{money}"

    def to_json(self) -> dict[str, Any]:
        """Plain values: USD are null where a price is not known; reasoning is left out where there is none.

        >>> Spend(1, 20, priced=False).to_json()["usd"] is None
        True
        """
        shown = {name: getattr(self, name) for name in _FIGURES}
        if not self.reasoning_tokens:
            del shown["reasoning_tokens"]
        return shown if self.priced else shown | {"usd": None, "paid_usd": None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Spend:
        """What `to_json` gave."""
        figures = {name: data[name] for name in _FIGURES if data.get(name) is not None}
        return cls(**figures, priced="usd" not in data or data["usd"] is not None)


def reasoning_words(tokens: float) -> str:
    """How many tokens of those just named a model thought; empty where it thought none.

    >>> reasoning_words(2000), reasoning_words(0)
    (' (2000 of them reasoning)', '')
    """
    return f" ({tokens:.0f} of them reasoning)" if tokens else ""


_FIGURES = ("calls", "tokens", "usd", "seconds", "paid_calls", "paid_usd", "reasoning_tokens")


def total(spends: Iterable[Spend]) -> Spend:
    """Return the sum of several runs' spends."""
    return sum(spends, Spend())


@dataclass(frozen=True, slots=True)
class Cost:
    """An upper bound of what a call can use, or what it has used."""

    calls: int = 0
    tokens: int = 0
    pico: int = 0

    @classmethod
    def of(cls, usage: Usage, calls: int = 1) -> Cost:
        """What a finished call has used."""
        return cls(calls, usage.tokens, round(usage.usd * PICO))

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.tokens + other.tokens, self.pico + other.pico)


@dataclass
class Meter:
    """Calls that reached a provider, and their USD."""

    calls: int = 0
    usd: float = 0.0


meter: ContextVar[Meter | None] = ContextVar("meter", default=None)
"""The meter of the call in progress, set by the ledger."""


def record_sent(usage: Usage, calls: int = 1) -> None:
    """Note a completion that a provider has just made; a reply that was billed in vain counts no call."""
    current = meter.get()
    if current is not None:
        current.calls += calls
        current.usd += usage.usd
