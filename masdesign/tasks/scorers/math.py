r"""``math``: two mathematical answers are equal where they mean the same, as math-verify judges it.

Kydlíček, Math-Verify (Hugging Face, 2025), on top of SymPy: fractions, sets, intervals, matrices, equations.
It is laxer than `math:hendrycks`. Needs the extra ``math``. It runs in a worker process that can be killed,
with its own time-outs off, since those raise outside a main thread; both sides are put between dollar
signs, without which it does not understand ``\frac12`` or ``(1,2)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.tasks.scorers.hendrycks import Hendrycks
from masdesign.types import Answer, Item, Score

_SECONDS = 30.0
"""For one comparison, which takes 20 ms on average."""


def equal_to_any(answer: str, targets: Sequence[str]) -> bool:
    """Whether the answer means the same as one of the targets.

    Raises:
        InputError: math-verify is not installed.
    """
    try:
        from math_verify import parse, verify
    except ImportError:
        raise InputError("scorer math needs math-verify; install masdesign[math]") from None

    given = parse(_between_dollars(answer), parsing_timeout=None)
    for target in targets:
        wanted = parse(_between_dollars(target), parsing_timeout=None)
        if verify(wanted, given, timeout_seconds=None):
            return True
    return False


def _between_dollars(text: str) -> str:
    return text if "$" in text or "\\boxed" in text else f"${text}$"


@dataclass(frozen=True, slots=True)
class MathScorer:
    """1 where the answer means the same as a target; ``math:hendrycks`` compares as MATH's script does."""

    name: str = "math"
    calls: int = 0
    form: str = "math"

    async def score(
        self, answer: Answer, item: Item, outcome: Mapping[str, Any], services: Services
    ) -> Score:
        if answer.text.strip() in (target.strip() for target in item.targets):
            return Score(1.0)
        for _ in range(2):  # the first try may be the worker's first, which imports SymPy on a busy machine
            with suppress(TimeoutError):
                equal = await services.in_process(equal_to_any, answer.text, item.targets, seconds=_SECONDS)
                return Score(float(equal))
        return Score(0.0, "The answer could not be compared in time.")

    def with_argument(self, argument: str) -> Hendrycks:
        if argument != "hendrycks":
            raise InputError(f"scorer math:{argument}: unknown; write math or math:hendrycks")
        return Hendrycks()


math_verify = MathScorer()
