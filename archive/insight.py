"""`Insight`: when, what, and how it is known; and `Evidence`, which adds up.

An insight says when (on which task, answered by which model), what (a feature of designs), and how it is
known (paired comparisons).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import sqrt

PRIOR = 2.0
"""Comparisons without any gain that every mean is drawn towards: few say little."""
SPREAD = 0.1
"""The standard deviation of a comparison's gain before any was seen."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Comparisons of two designs on the same items, of which one had the feature; adds up."""

    weight: float = 0.0
    """Comparisons; one in which several features differ counts a part for each."""
    total: float = 0.0
    """The weighted sum of gains: the score with the feature minus that without, -1 to 1 each."""
    squares: float = 0.0
    """The weighted sum of their squares."""
    helped: int = 0
    """Comparisons that the design with the feature won."""
    hurt: int = 0
    """Comparisons that it lost."""

    @classmethod
    def of(cls, gain: float, weight: float = 1.0) -> Evidence:
        """One comparison."""
        return cls(weight, weight * gain, weight * gain * gain, int(gain > 0), int(gain < 0))

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(
            self.weight + other.weight,
            self.total + other.total,
            self.squares + other.squares,
            self.helped + other.helped,
            self.hurt + other.hurt,
        )

    def faded(self, share: float) -> Evidence:
        """The same counted for less, as evidence from elsewhere is."""
        return replace(
            self, weight=share * self.weight, total=share * self.total, squares=share * self.squares
        )

    @property
    def gain(self) -> float:
        """The mean gain, drawn towards 0 the more the fewer the comparisons.

        >>> Evidence.of(0.3).gain
        0.1
        """
        return round(self.total / (self.weight + PRIOR), 12)

    @property
    def error(self) -> float:
        """The standard error of the gain."""
        mean = self.gain
        spread = PRIOR * SPREAD**2 + max(0.0, self.squares - 2 * mean * self.total + self.weight * mean**2)
        return sqrt(spread) / (self.weight + PRIOR)


@dataclass(frozen=True, slots=True)
class Insight:
    """What designs with a feature gained, where."""

    when: str
    """The task's name."""
    model: str
    """The model that answered, with its revision."""
    what: str
    """The feature, by its name (`masdesign.search.insights.features`), or how designs failed."""
    evidence: Evidence
    words: str = ""
    """The same in a language model's words; empty where none was asked."""
    about: str = ""
    """The task's description, by which insights of similar tasks are found."""


def merged(insights: Iterable[Insight]) -> list[Insight]:
    """One insight for each task, model and feature, its evidence added up; the latest words stay."""
    by_key: dict[tuple[str, str, str], Insight] = {}
    for insight in insights:
        key = (insight.when, insight.model, insight.what)
        earlier = by_key.get(key)
        if earlier is not None:
            insight = replace(
                insight, evidence=earlier.evidence + insight.evidence, words=insight.words or earlier.words
            )
        by_key[key] = insight
    return list(by_key.values())
