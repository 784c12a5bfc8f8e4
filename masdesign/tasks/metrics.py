"""What is a right answer? Each metric gives 0 to 1 for one answer to one item.

A metric looks at ``answer.text`` only, never at the reasoning, and never raises for an odd answer:
an answer that it cannot read scores 0.
"""

from __future__ import annotations

import importlib
import math
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from masdesign.errors import InputError
from masdesign.tasks.text import bare, fold
from masdesign.types import Answer, Item


class Metric(Protocol):
    """Scores one answer to one item.

    Contract: gives back a float from 0 to 1, depends on nothing but its arguments, and does not
    raise because of what an answer's text holds.
    """

    @property
    def name(self) -> str:
        """As ``--metric`` takes it; part of a file task's version."""

    def __call__(self, answer: Answer, item: Item) -> float: ...


@dataclass(frozen=True, slots=True)
class Exact:
    """1 where answer and target are the same text, but for case, white space and punctuation at the ends.

    >>> exact(Answer("**true**."), Item("1", "not False is", "True"))
    1.0
    """

    name: str = "exact"

    def __call__(self, answer: Answer, item: Item) -> float:
        return float(_same(answer.text, item.target))


def _same(left: str, right: str) -> bool:
    return _folded_same(left, right) or (bool(bare(left)) and bare(left) == bare(right))


def _folded_same(left: str, right: str) -> bool:
    return fold(left) == fold(right)


_NUMBER = re.compile(
    r"(?:(?<![\w.)\]])-)?[$€£]?(?:(?<=[$€£])-)?"  # no sign where something to subtract from stands before it
    r"(?:(?:[0-9]{1,3}(?:[,\u00a0\u2009\u202f][0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)"
    r"(?:[eE][-+]?[0-9]{1,3}(?![0-9]))?"
)
_NOT_DIGITS = str.maketrans("", "", ",$€£\u00a0\u2009\u202f")
_MINUS = str.maketrans(dict.fromkeys("−–‐‑－", "-"))
"""Signs that are written for a minus: the minus itself, dashes and hyphens of typesetting, the wide one."""


def last_number(text: str) -> float | None:
    """The last number of a text, or ``None``: thousands separators, signs, currency signs, ``−``, ``1e3``.

    >>> last_number("3 - 5 gives −2, that is $-1,200.50.")
    -1200.5
    """
    digits = _last_digits(text)
    return None if digits is None else float(digits)


def _last_digits(text: str) -> str | None:
    found = _NUMBER.findall(text.translate(_MINUS))
    return found[-1].translate(_NOT_DIGITS) if found else None


DEFAULT_TOLERANCE = 1e-6
_EXACT = 2.0**53
"""From here on a float does not tell whole numbers apart."""


@dataclass(frozen=True, slots=True)
class Numeric:
    """1 where the answer's last number is the target's, within a relative tolerance.

    A whole target has to be met to within 1e-6 whatever its size, unless ``tolerance`` is set wider
    than the default: 12345678 is not 12345679, however many digits there are.

    >>> numeric(Answer("7 * 6 = 42.0"), Item("1", "6 * 7 =", "42"))
    1.0
    >>> Numeric(0.01)(Answer("3.15"), Item("1", "pi?", "3.1416"))
    1.0
    """

    tolerance: float = DEFAULT_TOLERANCE
    """Largest relative error that still counts as right."""

    @property
    def name(self) -> str:
        return "numeric" if self.tolerance == DEFAULT_TOLERANCE else f"numeric:{self.tolerance:g}"

    def __call__(self, answer: Answer, item: Item) -> float:
        said, wanted = _last_digits(answer.text), _last_digits(item.target)
        if said is None or wanted is None:
            return 0.0
        given, target = float(said), float(wanted)
        if not math.isfinite(given) or not math.isfinite(target):
            return 0.0
        strict = self.tolerance <= DEFAULT_TOLERANCE and target.is_integer()
        if strict and abs(target) >= _EXACT:
            return float(Decimal(said) == Decimal(wanted))
        allowed = 1e-6 if strict else self.tolerance * max(abs(target), 1e-12)
        return float(abs(given - target) <= allowed)


_LABEL = re.compile(r"\s*(?:\(([A-Za-z])\)|([A-Za-z])[.):])\s*(.*)", re.DOTALL)
_PARENTHESISED = re.compile(r"\(([A-Za-z])\)")


@dataclass(frozen=True, slots=True)
class Choice:
    """1 where the answer names the same option as the target: by its letter, its text, or both.

    Options without letters of their own are lettered A, B, C … in order; an option's text goes
    before a letter. An item whose target names no option is scored as `Exact` does.

    >>> item = Item("1", "Which?", "(B)", choices=("(A) red", "(B) blue"))
    >>> [choice(Answer(text), item) for text in ("B", "blue", "(b) Blue", "the answer is (B).", "red")]
    [1.0, 1.0, 1.0, 1.0, 0.0]
    """

    name: str = "choice"

    def __call__(self, answer: Answer, item: Item) -> float:
        wanted = option_index(item.target, item.choices)
        if wanted is None:
            return exact(answer, item)
        return float(option_index(answer.text, item.choices) == wanted)


def option_index(text: str, choices: Sequence[str]) -> int | None:
    """Which of the options a text names, counted from 0; ``None`` where it names none."""
    labels, texts = zip(*(_parts(c, i) for i, c in enumerate(choices)), strict=True) if choices else ((), ())
    for same in (str.__eq__, _folded_same, _same):  # "[1, 2)" is not "(1, 2]" where both are options
        for options in (choices, texts):
            named_by = [index for index, option in enumerate(options) if same(text, option)]
            if named_by:
                return named_by[0] if len({options[index] for index in named_by}) == 1 else None
    named = _LABEL.fullmatch(text.strip())
    letters = {named[1] or named[2]} if named else set(_PARENTHESISED.findall(text)) or {bare(text)}
    found = {letter.upper() for letter in letters}
    if len(found) != 1:
        return None
    letter = found.pop()
    return labels.index(letter) if letter and letter in labels else None


def _parts(option: str, index: int) -> tuple[str, str]:
    named = _LABEL.fullmatch(option)
    if named is None:
        return (string.ascii_uppercase[index] if index < 26 else ""), option
    return (named[1] or named[2]).upper(), named[3]


_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class F1:
    """Harmonic mean of precision and recall over words, as SQuAD's script reckons it.

    Case, punctuation and the articles a, an, the do not count. Rajpurkar et al. 2016, arXiv:1606.05250.

    >>> round(f1(Answer("the red fox"), Item("1", "Who?", "a quick red fox")), 3)
    0.8
    """

    name: str = "f1"

    def __call__(self, answer: Answer, item: Item) -> float:
        given, wanted = _words(answer.text), _words(item.target)
        if not given or not wanted:
            return float(given == wanted)
        shared = sum((Counter(given) & Counter(wanted)).values())
        return 2 * shared / (len(given) + len(wanted))


def _words(text: str) -> list[str]:
    return _ARTICLES.sub(" ", fold(text).translate(_PUNCTUATION)).split()


@dataclass(frozen=True, slots=True)
class UserMetric:
    """A function of the user's own, ``function(answer, item) -> float``; its scores are checked."""

    name: str
    function: Callable[[Answer, Item], float]

    def __call__(self, answer: Answer, item: Item) -> float:
        score = self.function(answer, item)
        if not isinstance(score, (int, float)) or not 0 <= score <= 1:
            raise InputError(f"metric {self.name} gave {score!r} for item {item.id}; it must give 0 to 1")
        return float(score)


exact, numeric, choice, f1 = Exact(), Numeric(), Choice(), F1()
METRICS: dict[str, Metric] = {metric.name: metric for metric in (exact, numeric, choice, f1)}


def metric_named(name: str) -> Metric:
    """The metric that ``--metric`` names: built in, ``numeric:TOLERANCE`` or ``module:function``.

    The user's own module is imported and runs with the user's rights: it is for one's own trusted file.
    Raises InputError for anything else.

    >>> metric_named("numeric:0.01").name
    'numeric:0.01'
    """
    if name in METRICS:
        return METRICS[name]
    head, _, tail = name.partition(":")
    if head == "judge":
        raise InputError(f"metric {name}: no judges yet; use {', '.join(METRICS)} or module:function")
    if head == "numeric":
        return _numeric_with(tail, name)
    if not tail:
        raise InputError(f"unknown metric {name!r}; use {', '.join(METRICS)} or module:function")
    return UserMetric(name, _user_function(head, tail))


def _numeric_with(tolerance: str, name: str) -> Numeric:
    try:
        value = float(tolerance)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1:
        raise InputError(f"metric {name}: the tolerance must be a number from 0 to 1, as in numeric:0.01")
    return Numeric(value)


def _user_function(module: str, function: str) -> Callable[[Answer, Item], float]:
    if not all(part.isidentifier() for part in module.split(".")):
        raise InputError(
            f"metric {module}:{function}: {module!r} names no module; write it as module:function"
        )
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ImportError as error:
        raise InputError(
            f"metric {module}:{function}: {error}; run it where {module} can be found"
        ) from error
    except Exception as error:  # the user's own code may raise anything
        raise InputError(
            f"metric {module}:{function}: {module} fails ({type(error).__name__}: {error}); correct it"
        ) from error
    if not callable(found):
        raise InputError(f"metric {module}:{function}: {module} has no function {function}; check the name")
    return found  # type: ignore[no-any-return]


def infer_metric(items: Sequence[Item]) -> Metric:
    """The metric that fits these items.

    ``choice`` where every item has options, ``numeric`` where every target is a number, ``f1`` where
    half of the targets are longer than three words, and otherwise ``exact``.
    """
    if items and all(item.choices for item in items):
        return choice
    if items and all(_is_number(item.target) for item in items):
        return numeric
    long = sum(len(item.target.split()) > 3 for item in items)
    return f1 if items and 2 * long > len(items) else exact


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text.strip().translate(_MINUS).removesuffix("%").strip()) is not None
