"""HotpotQA: exact match and word F1 of the answer (not of the supporting facts).

Rules of the official script: Yang et al. 2018, arXiv:1809.09600.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from masdesign.tasks.scorers._words import WordScorer, normalise, word_f1

_WHOLE = frozenset({"yes", "no", "noanswer"})


def hotpot_score(prediction: str, targets: Sequence[str]) -> tuple[float, float]:
    """Exact match and F1 of a prediction, each the best over the targets.

    ``yes`` and ``no`` count whole or not at all, on either side.

    >>> hotpot_score("The Beatles", ["Beatles"]), hotpot_score("yes, it was", ["yes"])
    ((1.0, 1.0), (0.0, 0.0))
    """
    exact = max((float(normalise(prediction) == normalise(target)) for target in targets), default=0.0)
    return exact, max((_f1(prediction, target) for target in targets), default=0.0)


def _f1(prediction: str, target: str) -> float:
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
