"""NSGA-II over score and tokens."""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.grammar.vary import crossover, mutate
from masdesign.search.objective import shrunk_by_id
from masdesign.search.strategies._growing import Breeding, Child

POPULATION = 24
"""Designs of which the parents are; at first what the literature knows, filled up with new structures."""
CROSSOVER = 0.5
"""Share of the children that two parents have; the others are mutations of one."""

Point = tuple[float, float]
"""Score and tokens an item."""


class NSGA2(Breeding):
    """Breeds for score and for few tokens at once, whatever the run's objective is.

    Parents are the designs that nothing beats in both, then those that only these beat, and so on; among
    equals those that stand apart, so that the whole frontier is searched and not one price. A parent is the
    better of two at random. The run's objective still says which design is the winner.

    Reference: K. Deb et al. 2002, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II,
    doi:10.1109/4235.996017.
    """

    name: ClassVar[str] = "nsga2"
    reference: ClassVar[str] = "doi:10.1109/4235.996017"

    founders: ClassVar[int] = POPULATION

    def parents(self, view: ArchiveView) -> list[Entry]:
        """The population, the best first."""
        shrunk = shrunk_by_id(view.entries)
        grown = [e for e in view.entries if e.design.id in shrunk and self._book.tree(e.design.id)]
        points = [(shrunk[entry.design.id], entry.cost_per_item) for entry in grown]
        return [grown[place] for place in ranked(points)[:POPULATION]]

    def child(self, parents: Sequence[Entry]) -> Child:
        """A crossover of two parents, or a mutation of one."""
        rng, grammar = self.setting.rng, self.setting.grammar
        if not parents:
            return grammar.grow(rng), ()
        first, second = self._parent(parents), self._parent(parents)
        if rng.random() < CROSSOVER and first is not second:
            mixed = crossover(self.tree(first), self.tree(second), grammar, rng)
            return mixed, (first.design.id, second.design.id)
        return mutate(self.tree(first), grammar, rng), (first.design.id,)

    def _parent(self, parents: Sequence[Entry]) -> Entry:
        return parents[min(self.setting.rng.randrange(len(parents)) for _ in range(2))]


def ranked(points: Sequence[Point]) -> list[int]:
    """The places of the points, front by front, within a front those first that stand apart.

    >>> ranked([(0.5, 100.0), (0.4, 200.0), (0.9, 300.0), (0.6, 200.0)])
    [0, 2, 3, 1]
    """
    left, order = list(range(len(points))), list[int]()
    while left:
        front = [i for i in left if not any(_beats(points[j], points[i]) for j in left)]
        spread = _spread([points[i] for i in front])
        order += [i for _, i in sorted(zip(spread, front, strict=True), key=lambda pair: (-pair[0], pair[1]))]
        left = [i for i in left if i not in front]
    return order


def _beats(one: Point, other: Point) -> bool:
    return one != other and one[0] >= other[0] and one[1] <= other[1]


def _spread(front: Sequence[Point]) -> list[float]:
    """The crowding distance of each: how far its neighbours are from each other; endless at the ends."""
    distance = [0.0] * len(front)
    for axis in (0, 1):
        order = sorted(range(len(front)), key=lambda i: front[i][axis])
        width = front[order[-1]][axis] - front[order[0]][axis] or 1.0
        distance[order[0]] = distance[order[-1]] = float("inf")
        for (before, _), (place, after) in pairwise(pairwise(order)):
            distance[place] += (front[after][axis] - front[before][axis]) / width
    return distance
