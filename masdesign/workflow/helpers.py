"""Pure helpers of the design language.

The same source runs on the host, in composite blocks, and in the sandbox, as part of the prelude: so
it keeps to what the sandboxed interpreter has, and nothing here asks a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from masdesign.types import Answer

T = TypeVar("T")


def normalise(text: str) -> str:
    """The text as answers are compared: case, blanks, end marks, digit grouping and ``.0`` do not count.

    >>> normalise(" The Answer. "), normalise("1,250.0"), normalise("(B)"), normalise("**.5**")
    ('the answer', '1250', 'b', '0.5')
    """
    folded = " ".join(text.casefold().split())
    words = folded.strip(" .!?;:'\"`*")
    before = folded[: folded.find(words)]
    if words[:1].isdigit() and before.endswith(".") and not before.endswith(".."):
        words = "." + words  # .5 is not 5
    if words.startswith("(") and words.endswith(")") and words.count("(") == 1:
        words = words[1:-1].strip()
    digits = words.replace(",", "").removeprefix("+")
    whole, _, fraction = digits.removeprefix("-").partition(".")
    if (whole + fraction).isdigit():
        fraction = fraction.rstrip("0")
        sign = "-" if digits.startswith("-") else ""
        return sign + (whole.lstrip("0") or "0") + ("." + fraction if fraction else "")
    return words


def majority(answers: Iterable[Answer]) -> Answer:
    """The most frequent answer (self-consistency, arXiv:2203.11171); of equals, the one given first.

    An empty answer wins only where all are empty.

    >>> majority([Answer("4"), Answer("5"), Answer("4.0"), Answer("")]).text
    '4'
    """
    given = list(answers)
    return weighted_majority(given, [1.0] * len(given))


def weighted_majority(answers: Iterable[Answer], weights: Iterable[float]) -> Answer:
    """The answer whose group has the greatest sum of weights; of equals, the one given first.

    Raises:
        ValueError: there are no answers, or not as many weights as answers.
    """
    given, shares = list(answers), list(weights)
    if not given:
        raise ValueError(
            "there is no answer to choose from; give at least one, as in majority(kept or drafts)"
        )
    if len(given) != len(shares):
        raise ValueError(f"{len(given)} answers but {len(shares)} weights; give one weight an answer")
    totals: dict[str, float] = {}
    firsts: dict[str, Answer] = {}
    for answer, weight in zip(given, shares):  # noqa: B905  (the sandbox's zip has no strict)
        key = answer.group or normalise(answer.text)
        totals[key] = totals.get(key, 0.0) + weight
        if key not in firsts:
            firsts[key] = answer
    best = ""
    for key in totals:
        if key and (best == "" or totals[key] > totals[best]):
            best = key
    return firsts[best]


def agreement(answers: Iterable[Answer]) -> float:
    """The share of the largest group among all answers, 0 to 1; an empty answer agrees with none.

    >>> agreement([Answer("4"), Answer("4"), Answer("5"), Answer("")])
    0.5
    """
    given = list(answers)
    counts: dict[str, int] = {}
    for answer in given:
        key = answer.group or normalise(answer.text)
        if key:
            counts[key] = counts.get(key, 0) + 1
    return max(counts.values()) / len(given) if counts else 0.0


def lead_confidence(answers: Iterable[Answer]) -> float:
    """How likely it is, 0.5 to 1, that the leading answer stays ahead of the next one in further draws.

    The posterior probability, under a Beta(1, 1) prior, that a draw of one of the two is the leading
    answer more often than not (adaptive consistency, arXiv:2305.11860). For whole counts a and b the
    tail of Beta(a + 1, b + 1) above 1/2 is that of a binomial, and exact. An empty answer counts nowhere.

    >>> lead_confidence([Answer("4"), Answer("4"), Answer("4"), Answer("5")])
    0.8125
    >>> lead_confidence([])
    0.5
    """
    counts: dict[str, int] = {}
    for answer in answers:
        key = answer.group or normalise(answer.text)
        if key:
            counts[key] = counts.get(key, 0) + 1
    most, second = [*sorted(counts.values(), reverse=True), 0, 0][:2]
    flips = most + second + 1
    ways, term = 0, 1
    for heads in range(most + 1):
        ways += term
        term = term * (flips - heads) // (heads + 1)
    return ways / 2.0**flips


def first(items: Iterable[T], default: T | None = None) -> T | None:
    """The first item, or ``default`` where there is none."""
    for item in items:
        return item
    return default


def mean(numbers: Sequence[float]) -> float:
    """The arithmetic mean; 0 of no numbers."""
    return sum(numbers) / len(numbers) if numbers else 0.0
