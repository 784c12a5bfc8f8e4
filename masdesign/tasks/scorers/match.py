"""``match``: an answer is right where the task's answer form calls it equal to a target.

``exact``, ``numeric``, ``choice``, ``label``, ``bool``, ``grid``, ``json``, ``list`` are `match` under
a form of their own; they read more spellings of an answer than the form of the task may have asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from masdesign.errors import InputError
from masdesign.protocols import AnswerForm
from masdesign.tasks.forms import form_named
from masdesign.tasks.forms._options import option_letter, option_letters
from masdesign.tasks.forms.line import same_line
from masdesign.tasks.forms.number import TOLERANCE, same_number, same_share
from masdesign.tasks.scorers._pure import PureScorer
from masdesign.types import Answer, Item, Score


@dataclass(frozen=True)
class Match(PureScorer):
    """1 where the answer equals a target of the item."""

    name: str = "match"
    under: str = "line"
    """Name of the answer form that says what is equal."""
    form: str = ""
    """The form that a task takes with this scorer where its user names none; empty: any will do."""

    @cached_property
    def _form(self) -> AnswerForm:
        return form_named(self.under)

    def grade(self, answer: Answer, item: Item) -> Score:
        return Score(float(any(self.equal(answer.text, target) for target in item.targets)))

    def equal(self, given: str, target: str) -> bool:
        """Whether an answer equals a target, both as answers of the form."""
        return self._form.equal(given, target)

    def for_form(self, form: str) -> Match:
        """`match` under the form of a task; any other scorer of this kind has its own."""
        return replace(self, under=form) if self.name == "match" else self


@dataclass(frozen=True)
class Numeric(Match):
    """1 where the answer's number is the target's; ``numeric:TOLERANCE`` allows a relative error.

    A percentage equals its figure (``20%`` and ``20``); one of the two below 1 is taken for a share, too, so
    that ``20%`` is right for ``0.2``, and ``0.2`` for ``20%``.
    """

    name: str = "numeric"
    under: str = "number"
    form: str = "number"
    tolerance: float = 0.0

    def equal(self, given: str, target: str) -> bool:
        tolerance = Fraction(self.tolerance) if self.tolerance else TOLERANCE
        return same_number(given, target, tolerance) or same_share(given, target, tolerance)

    def with_argument(self, argument: str) -> Numeric:
        try:
            value = float(argument)
        except ValueError:
            value = -1.0
        if not 0 <= value < 1:
            raise InputError(
                f"scorer numeric:{argument}: the tolerance must be a number from 0 to 1, as in numeric:0.01"
            )
        return Numeric() if value <= 1e-6 else Numeric(f"numeric:{value:g}", tolerance=value)


@dataclass(frozen=True)
class OneOfChoices(Match):
    """1 where the answer names the option that the target names: by its letter, its wording, or both.

    An item whose target names none of its options is scored as ``exact`` does.
    """

    name: str = "choice"
    under: str = "choice"
    form: str = "choice"

    def grade(self, answer: Answer, item: Item) -> Score:
        if not names_option(item):
            return Score(float(any(same_line(answer.text, target) for target in item.targets)))
        given = letter_of(answer.text, item.choices)
        return Score(float(any(given == letter_of(target, item.choices) for target in item.targets)))


def names_option(item: Item) -> bool:
    """Whether each target of an item names one of its options.

    >>> colours = ("red", "blue")
    >>> [names_option(Item("1", "?", target, choices=colours)) for target in ("B", "blue", "green")]
    [True, True, False]
    """
    return all(letter_of(target, item.choices) for target in item.targets)


def letter_of(text: str, choices: Sequence[str]) -> str | None:
    """Return the letter of the option that a text names, by its letter or else by its wording.

    >>> letter_of("light blue", ("red", "light blue")), letter_of("(A)", ("red", "blue"))
    ('B', 'A')
    """
    letter = text.strip().strip("().").upper()
    return letter if letter and letter in option_letters(choices) else option_letter(text, choices)


_TRUTH = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
_FIRST_WORD = re.compile(r"\W*(\w+)\b(.*)", re.DOTALL)


@dataclass(frozen=True)
class Bool(Match):
    """1 where answer and target are both yes (true), or both no (false)."""

    name: str = "bool"

    def equal(self, given: str, target: str) -> bool:
        return truth(given) is not None and truth(given) == truth(target)


def truth(text: str) -> str | None:
    """``yes`` or ``no``; ``None`` for any other text.

    >>> truth("True."), truth("No, he did not."), truth("yes or no"), truth("maybe")
    ('yes', 'no', None, None)
    """
    match = _FIRST_WORD.match(text)
    if match is None or (value := _TRUTH.get(match[1].casefold())) is None:
        return None
    rest = match[2].strip(" \t\n*_.!\"'`")
    return value if not rest or rest[0] in ",;:-–—(" else None


match = Match()
exact = Match("exact", "line")
numeric = Numeric()
choice = OneOfChoices()
label = Match("label", "label")
boolean = Bool()
grid = Match("grid", "grid", "grid")
json_ = Match("json", "json", "json")
list_ = Match("list", "list", "list")
