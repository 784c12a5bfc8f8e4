"""What a search is after: score, advantage over the plain baselines, or the frontier of score and tokens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from masdesign.archive.view import Entry
from masdesign.errors import InputError


class Objective(ABC):
    """Orders designs. It reads val scores and costs only: tokens, or USD where several models answer."""

    name: ClassVar[str]

    @abstractmethod
    def order(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries that have a score, best first; ties go to fewer tokens, then to the older."""

    def rival(self, candidate: Entry, complete: Sequence[Entry]) -> Entry | None:
        """Of the complete entries, the one that a candidate must not be worse than to go on.

        Here the best score among those that cost no more: what is worse than a cheaper design
        is of no use to any objective.
        """
        cheaper = [entry for entry in complete if _cost(entry) <= _cost(candidate)]
        return next(iter(_by(cheaper, lambda shrunk, cost: shrunk)), None)


class Score(Objective):
    """The score alone."""

    name: ClassVar[str] = "score"

    def order(self, entries: Sequence[Entry]) -> list[Entry]:
        """By shrunk score."""
        return _by(entries, lambda shrunk, cost: shrunk)

    def rival(self, candidate: Entry, complete: Sequence[Entry]) -> Entry | None:
        """The best of all, whatever it costs."""
        return next(iter(self.order(complete)), None)


@dataclass(frozen=True)
class AboveCurve(Objective):
    """The score above the reference curve at the same tokens: what a design has to earn."""

    name: ClassVar[str] = "advantage"
    reference: Callable[[float], float]
    """The reference score on val at so many tokens an item."""

    def order(self, entries: Sequence[Entry]) -> list[Entry]:
        """By shrunk score minus the reference."""
        return _by(entries, lambda shrunk, cost: shrunk - self.reference(cost))


class Pareto(Objective):
    """Score and tokens at once: first what nothing beats in both, then what only those beat, and so on.

    Reference: K. Deb et al. 2002, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II,
    doi:10.1109/4235.996017 (its non-dominated sorting).
    """

    name: ClassVar[str] = "pareto"

    def order(self, entries: Sequence[Entry]) -> list[Entry]:
        """By rank of dominance; within a rank by shrunk score."""
        left, ordered = Score().order(entries), list[Entry]()
        while left:
            front, least = [], float("inf")
            for entry in left:  # by falling score: on the front where cheaper than all before
                if _cost(entry) < least:
                    front.append(entry)
                    least = _cost(entry)
            ordered += front
            left = [entry for entry in left if entry not in front]
        return ordered


OBJECTIVES = ("score", "pareto", "advantage")


def objective_named(name: str, reference: Callable[[float], float] | None = None) -> Objective:
    """The objective of that name; ``advantage`` needs the ``reference`` score at a number of tokens."""
    if name == "advantage" and reference is not None:
        return AboveCurve(reference)
    if name not in OBJECTIVES or name == "advantage":
        raise InputError(f"objective {name!r} does not exist; choose one of {', '.join(OBJECTIVES)}")
    return Pareto() if name == "pareto" else Score()


def shrunk_by_id(entries: Iterable[Entry]) -> dict[str, float]:
    """The shrunk score of each scored entry, by design id."""
    return {one.design.id: one.shrunk for one in entries if one.shrunk is not None and one.items}


def _by(entries: Iterable[Entry], value: Callable[[float, float], float]) -> list[Entry]:
    scored = [(one.shrunk, one) for one in entries if one.shrunk is not None and one.items]
    ordered = sorted(scored, key=lambda pair: (-value(pair[0], _cost(pair[1])), _cost(pair[1])))
    return [entry for _, entry in ordered]


def _cost(entry: Entry) -> float:
    return entry.cost_per_item
