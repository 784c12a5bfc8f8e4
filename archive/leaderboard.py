"""How designs stand on val, and the one rule for best.

Among many candidates, the one that scored highest on the few items of val is likely to have been lucky
there. `masdesign.statistics.shrinkage` takes the luck out, for a search and for the archive alike, so that
what a search calls its best is what the archive calls so, with the same figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import overload


@dataclass(frozen=True, slots=True)
class Standing:
    """How one design stands on val, over all of its evaluations that are compared."""

    design_id: str
    score: float
    """Mean over ``items``, in 0..1."""
    items: int
    """Val items that the score rests on."""
    tokens: float
    """Prompt and completion tokens an item."""
    complete: bool = True
    """Whether it answered all of val; otherwise it was stopped early."""
    usd: float | None = None
    """US dollars an item, where costs are compared in USD; ``None``: they are compared in tokens."""
    estimate: float | None = None
    """Expected score on other items (empirical Bayes, from all that was tried); ``None``: not estimated."""
    order: int = 0
    """When the design was proposed: lower is older."""

    @property
    def shrunk(self) -> float:
        """The estimate, else the score. Of a complete design never above its score: nothing is picked for
        having been unlucky."""
        if self.estimate is None:
            return self.score
        return min(self.score, self.estimate) if self.complete else self.estimate

    @property
    def cost(self) -> float:
        """Cost an item, in USD where designs are compared in USD, else in tokens."""
        return self.tokens if self.usd is None else self.usd


class Leaderboard(Sequence[Standing]):
    """The standings of designs that can be compared: one task, one model, one cost unit.

    >>> board = Leaderboard([Standing("aa", 0.5, 100, 30.0), Standing("bb", 0.5, 100, 20.0, order=1)])
    >>> [standing.design_id for standing in board.ranked()]
    ['bb', 'aa']
    """

    def __init__(self, standings: Iterable[Standing] = ()) -> None:
        self._standings = tuple(standings)

    @overload
    def __getitem__(self, index: int) -> Standing: ...
    @overload
    def __getitem__(self, index: slice) -> Leaderboard: ...
    def __getitem__(self, index: int | slice) -> Standing | Leaderboard:
        if isinstance(index, slice):
            return Leaderboard(self._standings[index])
        return self._standings[index]

    def __len__(self) -> int:
        return len(self._standings)

    def ranked(self, value: Callable[[Standing], float] | None = None) -> list[Standing]:
        """Best first: highest ``value`` (by default the shrunk score), then cheaper, then older."""
        return sorted(self, key=lambda s: (-(s.shrunk if value is None else value(s)), s.cost, s.order))

    def frontier(self) -> list[Standing]:
        """The Pareto frontier of shrunk score and cost, cheapest first; the last one is the best design.

        Of designs that are equal in both, the one that ranks first stands for all.

        >>> board = Leaderboard([Standing("aa", 0.9, 100, 90.0), Standing("bb", 0.8, 100, 95.0)])
        >>> [s.design_id for s in Leaderboard([*board, Standing("cc", 0.5, 100, 20.0)]).frontier()]
        ['cc', 'aa']
        """
        kept: list[Standing] = []
        for standing in self.ranked():  # by falling score, so that only a cheaper one can be on the frontier
            if not kept or standing.cost < kept[-1].cost:
                kept.append(standing)
        return kept[::-1]
