"""What was really sent: a note that passes up from `Cached` to whoever pays."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from masdesign.types import Usage


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
