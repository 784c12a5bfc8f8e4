"""What a search is after: score, advantage over the plain baselines, or the frontier of score and cost."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from masdesign.archive.leaderboard import Standing
from masdesign.archive.view import Entry, frontier, ranked
from masdesign.errors import InputError


class Objective(ABC):
    """Orders designs by val scores and costs only: tokens, or USD where several models answer."""

    name: ClassVar[str]

    @abstractmethod
    def value(self, standing: Standing) -> float:
        """What a design is worth; higher is better."""

    def order(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries that have a score, best first; ties go to the cheaper, then to the older."""
        return ranked(entries, self.value)

    def rival(self, candidate: Entry, complete: Sequence[Entry]) -> Entry | None:
        """Of the complete entries, the one that a candidate must not be worse than to go on.

        Here the best score among those that cost no more: what is worse than a cheaper design
        is of no use to any objective.
        """
        cheaper = [entry for entry in complete if entry.cost_per_item <= candidate.cost_per_item]
        return next(iter(ranked(cheaper)), None)


class ScoreObjective(Objective):
    """The score alone."""

    name: ClassVar[str] = "score"

    def value(self, standing: Standing) -> float:
        """The shrunk score."""
        return standing.shrunk

    def rival(self, candidate: Entry, complete: Sequence[Entry]) -> Entry | None:
        """The best of all, whatever it costs."""
        return next(iter(self.order(complete)), None)


@dataclass(frozen=True)
class AboveCurve(Objective):
    """The score above the reference curve at the same cost: what a design has to earn."""

    name: ClassVar[str] = "advantage"
    reference: Callable[[float], float]
    """The reference score on val at a cost an item."""

    def value(self, standing: Standing) -> float:
        """The shrunk score minus the reference."""
        return standing.shrunk - self.reference(standing.cost)


class Pareto(ScoreObjective):
    """Score and cost at once: first what nothing beats in both, then what only those beat, and so on.

    Reference: K. Deb et al. 2002, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II,
    doi:10.1109/4235.996017 (its non-dominated sorting).
    """

    name: ClassVar[str] = "pareto"
    rival = Objective.rival  # a design below the best may be the best for its cost

    def order(self, entries: Sequence[Entry]) -> list[Entry]:
        """By rank of dominance; within a rank by shrunk score."""
        left, ordered = ranked(entries), list[Entry]()
        while left:
            front = frontier(left)[::-1]
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
    return Pareto() if name == "pareto" else ScoreObjective()


def shrunk_by_id(entries: Iterable[Entry]) -> dict[str, float]:
    """The shrunk score of each scored entry, by design id."""
    return {entry.design.id: entry.shrunk for entry in entries if entry.shrunk is not None and entry.items}
