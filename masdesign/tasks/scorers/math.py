r"""Mathematical answers: ``math``, equal where they mean the same, and ``math:hendrycks``, as MATH compares.

**math.** As math-verify judges it: Kydlíček, Math-Verify (Hugging Face, 2025), on top of SymPy: fractions,
sets, intervals, matrices, equations. Needs the extra ``math``. It runs in a worker process that can be
killed, with its own time-outs off, since those raise outside a main thread; both sides are put between
dollar signs, without which it does not understand ``\frac12`` or ``(1,2)``.

**math:hendrycks.** Two answers are equal where they are the same LaTeX text after a fixed list of
rewritings: Hendrycks et al. 2021, arXiv:2103.03874, ``math_equivalence.py``. It is stricter than ``math``
(``0.5`` is ``\frac{1}{2}``, but ``0.25`` is not ``\frac{1}{4}``), and it is what published MATH scores rest
on.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.tasks.scorers._pure import PureScorer
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


_REWRITINGS = (
    ("\n", ""), ("\\!", ""), ("\\\\", "\\"), ("tfrac", "frac"), ("dfrac", "frac"), ("\\left", ""),
    ("\\right", ""), ("^{\\circ}", ""), ("^\\circ", ""), ("\\$", ""),
)  # fmt: skip
_UNIT = "\\text{ "
"""In MATH's answers a text that begins with a blank is a unit."""
_RATIO = re.compile(r"(0|-?[1-9][0-9]*)/(0|-?[1-9][0-9]*)")


class _Malformed(ValueError):
    """The rules do not apply to this text: it is compared as it stands."""


def is_equivalent(left: str, right: str) -> bool:
    r"""Whether two answers are equal under MATH's rules.

    >>> is_equivalent(r"\dfrac12", "1/2"), is_equivalent("x=5", "5"), is_equivalent("0.25", "1/4")
    (True, True, False)
    """
    try:
        return _rewrite(left) == _rewrite(right)
    except _Malformed:
        return left == right


def _rewrite(text: str) -> str:
    for old, new in _REWRITINGS:
        text = text.replace(old, new)
    text = _without_unit(text).replace("\\%", "").replace("%", "")
    text = text.replace(" .", " 0.").replace("{.", "{0.")
    text = "0" + text if text.startswith(".") else text
    name, equals, value = text.partition("=")
    if equals and "=" not in value and len(name) <= 2:
        text = value
    text = _brace_fractions(_brace_roots(text).replace(" ", ""))
    text = "\\frac{1}{2}" if text == "0.5" else text
    ratio = _RATIO.fullmatch(text)
    return f"\\frac{{{ratio[1]}}}{{{ratio[2]}}}" if ratio else text


def _without_unit(text: str) -> str:
    parts = text.split(_UNIT)
    if len(parts) > 2:
        raise _Malformed
    return parts[0]


def _brace_roots(text: str) -> str:
    r"""``\sqrt3`` becomes ``\sqrt{3}``."""
    first, *rest = text.split("\\sqrt")
    if not all(rest):
        raise _Malformed
    return first + "".join(
        "\\sqrt" + (part if part[0] == "{" else f"{{{part[0]}}}{part[1:]}") for part in rest
    )


def _brace_fractions(text: str) -> str:
    r"""``\frac12`` and ``\frac1{2}`` become ``\frac{1}{2}``; ``\frac{1}2`` stays."""
    first, *rest = text.split("\\frac")
    out = first
    for part in rest:
        if not part:
            raise _Malformed
        if part[0] == "{":
            out += "\\frac" + part
        elif len(part) < 2:
            return text
        else:
            below = part[1:] if part[1] == "{" else f"{{{part[1]}}}{part[2:]}"
            out += f"\\frac{{{part[0]}}}{below}"
    return out


@dataclass(frozen=True, slots=True)
class Hendrycks(PureScorer):
    """1 where the answer equals a target under MATH's own rules."""

    name: str = "math:hendrycks"
    form: str = "math"

    def grade(self, answer: Answer, item: Item) -> Score:
        return Score(float(any(is_equivalent(answer.text, target) for target in item.targets)))


hendrycks = Hendrycks()


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
