"""SQuAD and HotpotQA: exact match and word F1 of an answer, the best over the right answers.

Answers are compared as bags of words. Rules of the official scripts: for SQuAD 2.0, which are those of 1.1
where every question has an answer, Rajpurkar et al. 2016, arXiv:1606.05250; 2018, arXiv:1806.03822; for the
answers of HotpotQA (not its supporting facts), Yang et al. 2018, arXiv:1809.09600.
"""

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


def squad_score(prediction: str, targets: Sequence[str]) -> tuple[float, float]:
    """Exact match and F1 of a prediction, each the best over the targets.

    A question without an answer has only empty targets; an empty prediction is right there.

    >>> squad_score("the Denver Broncos", ["Denver Broncos", "Broncos"])
    (1.0, 1.0)
    """
    wanted = [target for target in targets if normalise(target)] or [""]
    exact = max(float(normalise(prediction) == normalise(target)) for target in wanted)
    return exact, max(_squad_f1(prediction, target) for target in wanted)


def _squad_f1(prediction: str, target: str) -> float:
    if normalise(prediction) and normalise(target):
        return word_f1(prediction, target)
    return float(normalise(prediction) == normalise(target))


@dataclass(frozen=True, slots=True)
class Squad(WordScorer):
    """Word F1 (``squad``) or exact match (``squad:em``); both stand in the score's parts."""

    name: str = "squad"

    def measures(self, prediction: str, targets: Sequence[str]) -> tuple[float, float]:
        return squad_score(prediction, targets)


squad = Squad()
f1 = Squad("f1")
"""The same under the name that the first version gave it."""


_WHOLE = frozenset({"yes", "no", "noanswer"})


def hotpot_score(prediction: str, targets: Sequence[str]) -> tuple[float, float]:
    """Exact match and F1 of a prediction, each the best over the targets.

    ``yes`` and ``no`` count whole or not at all, on either side.

    >>> hotpot_score("The Beatles", ["Beatles"]), hotpot_score("yes, it was", ["yes"])
    ((1.0, 1.0), (0.0, 0.0))
    """
    exact = max((float(normalise(prediction) == normalise(target)) for target in targets), default=0.0)
    return exact, max((_hotpot_f1(prediction, target) for target in targets), default=0.0)


def _hotpot_f1(prediction: str, target: str) -> float:
    given, wanted = normalise(prediction), normalise(target)
    if given != wanted and (given in _WHOLE or wanted in _WHOLE):
        return 0.0
    return word_f1(prediction, target)


@dataclass(frozen=True, slots=True)
class Hotpot(WordScorer):
    """Word F1 (``hotpot``) or exact match (``hotpot:em``); both stand in the score's parts."""

    name: str = "hotpot"

    def measures(self, prediction: str, targets: Sequence[str]) -> tuple[float, float]:
        return hotpot_score(prediction, targets)


hotpot = Hotpot()
