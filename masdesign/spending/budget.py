"""How much a run may spend, in one unit."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Literal, get_args

from masdesign.errors import InputError

Unit = Literal["calls", "tokens", "usd", "min"]
UNIT_WORDS = {"calls": "calls", "tokens": "tokens", "usd": "USD"}
"""What can be spent, as a person reads it."""
MAX_RESERVE = 0.4
"""The largest share of a budget that may be set aside for the baselines and the closing look."""

_FORM = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([kKmM]?)\s*(calls?|tokens?|usd|min)\s*", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}
_EXAMPLES = "write it as 20000calls, 2Mtokens, 5usd or 10min"


class Budget:
    """A limit in one unit, and how much of it is spent. Minutes spend themselves.

    >>> budget = Budget.parse("2Mtokens")
    >>> budget.unit, budget.limit, budget.remaining
    ('tokens', 2000000.0, 2000000.0)
    """

    def __init__(
        self,
        limit: float = float("inf"),
        unit: Unit = "calls",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if unit not in get_args(Unit):
            raise InputError(f"budget unit {unit!r} is not known; {_EXAMPLES}")
        if not limit > 0:
            raise InputError(f"a budget of {limit:g}{unit} allows nothing; give more than 0")
        self.limit, self.unit, self.clock = limit, unit, clock
        self._started = clock()
        self._spent = 0.0

    @classmethod
    def parse(cls, text: str | None, *, clock: Callable[[], float] = time.monotonic) -> Budget:
        """Read ``20000calls``, ``2Mtokens``, ``5usd``, ``10min``; ``None`` is unlimited.

        ``k`` and ``M`` stand for thousand and million. Raises `InputError`.
        """
        if text is None:
            return cls(clock=clock)
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise InputError(f"budget {text!r} is not a number with a unit; {_EXAMPLES}")
        number, factor, unit = match.groups()
        units: dict[str, Unit] = {"c": "calls", "t": "tokens", "u": "usd", "m": "min"}
        limit = float(number) * _FACTORS[factor.lower()]
        if not limit > 0:
            raise InputError(f"budget {text!r} allows nothing; give more than 0")
        return cls(limit, units[unit[0].lower()], clock=clock)

    @property
    def seconds(self) -> float:
        """Seconds since the budget was made."""
        return self.clock() - self._started

    @property
    def spent(self) -> float:
        """What is used up, in the budget's unit."""
        return self.seconds / 60 if self.unit == "min" else self._spent

    @spent.setter
    def spent(self, value: float) -> None:
        self._spent = value

    @property
    def remaining(self) -> float:
        """What is left, in the budget's unit; never below 0."""
        return max(0.0, self.limit - self.spent)

    def split(self, reserve: float) -> tuple[float, float]:
        """The limit of a first phase, and what is set aside: ``reserve``, but at most 40 %.

        >>> Budget(100).split(30), Budget(100).split(70)
        ((70, 30), (60.0, 40.0))
        """
        if self.limit == float("inf"):
            return self.limit, reserve
        aside = min(reserve, MAX_RESERVE * self.limit)
        return self.limit - aside, aside

    def __str__(self) -> str:
        if self.limit == float("inf"):
            return "unlimited"
        return f"{self.limit:.{'10g' if self.limit < 1e10 else '0f'}}{self.unit}"
