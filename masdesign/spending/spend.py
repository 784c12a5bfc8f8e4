"""What is spent, as people read it and as it is reckoned with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

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


def total(spends: Iterable[Spend]) -> Spend:
    """Return the sum of several runs' spends."""
    return Spend(*(sum(column) for column in zip(*map(astuple, spends), strict=True)))


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
