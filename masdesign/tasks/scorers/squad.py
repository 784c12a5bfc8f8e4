"""SQuAD: exact match and word F1 against the best of several right answers.

Rules of the official script for SQuAD 2.0, which are those of 1.1 where every question has an answer:
Rajpurkar et al. 2016, arXiv:1606.05250; 2018, arXiv:1806.03822.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from masdesign.tasks.scorers._words import WordScorer, normalise, word_f1


def squad_score(prediction: str, targets: Sequence[str]) -> tuple[float, float]:
    """Exact match and F1 of a prediction, each the best over the targets.

    A question without an answer has only empty targets; an empty prediction is right there.

    >>> squad_score("the Denver Broncos", ["Denver Broncos", "Broncos"])
    (1.0, 1.0)
    """
    wanted = [target for target in targets if normalise(target)] or [""]
    exact = max(float(normalise(prediction) == normalise(target)) for target in wanted)
    return exact, max(_f1(prediction, target) for target in wanted)


def _f1(prediction: str, target: str) -> float:
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
