"""Answers as bags of words, the way SQuAD's script makes them; HotpotQA's script copied its rules."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from masdesign.errors import InputError
from masdesign.tasks.scorers._pure import PureScorer
from masdesign.types import Answer, Item, Score

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Lower case, without punctuation (ASCII), without articles, white space as single blanks.

    >>> normalise("The  Quick, brown fox.")
    'quick brown fox'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def word_f1(prediction: str, target: str) -> float:
    """Harmonic mean of precision and recall over the words of two texts; 0 where either has none.

    >>> round(word_f1("the red fox", "a quick red fox"), 3)
    0.8
    """
    given, wanted = normalise(prediction).split(), normalise(target).split()
    shared = sum((Counter(given) & Counter(wanted)).values())
    return 2 * shared / (len(given) + len(wanted)) if shared else 0.0


@dataclass(frozen=True, slots=True)
class WordScorer(PureScorer):
    """Word F1, or with ``:em`` exact match, of an answer against the best target; both stand in the parts."""

    name: str

    def measures(self, prediction: str, targets: Sequence[str]) -> tuple[float, float]:
        """Exact match and F1."""
        raise NotImplementedError

    def grade(self, answer: Answer, item: Item) -> Score:
        exact, f1 = self.measures(answer.text, item.targets)
        return Score(exact if self.name.endswith(":em") else f1, parts={"em": exact, "f1": f1})

    def with_argument(self, argument: str) -> Self:
        return replace(self, name=measure_named(self.name, argument))


def measure_named(scorer: str, argument: str) -> str:
    """The name of a scorer with its measure: ``f1``, which is its default, or ``em`` (exact match).

    >>> measure_named("squad", "em"), measure_named("squad", "f1")
    ('squad:em', 'squad')
    """
    if argument not in ("em", "f1"):
        raise InputError(f"scorer {scorer}:{argument}: unknown; write {scorer}:f1 or {scorer}:em")
    return scorer if argument == "f1" else f"{scorer}:{argument}"
