"""Which design is best? The highest *shrunk* score, since the highest raw one was partly lucky.

Among many candidates, the one that scored highest on the few items of val is likely to have been lucky
there. `masdesign.statistics.shrinkage` takes the luck out, for a search and for the archive alike: so that
what a search calls its best is what the archive calls so, with the same figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A design's val score, over all of its complete evaluations that are compared."""

    design_id: str
    score: float
    """Mean over ``items``, in 0..1."""
    estimate: float
    """What to expect of it on other items, from the scores of all that was tried."""
    items: int
    tokens_per_item: float
    order: int
    """When the design was found: lower is older."""

    @property
    def shrunk(self) -> float:
        """The estimate, but never above the score: nothing is picked for having been unlucky."""
        return min(self.score, self.estimate)


def rank(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, best first: shrunk score, then fewer tokens, then older.

    >>> found = rank([Candidate("aa", 0.5, 0.5, 100, 30.0, 0), Candidate("bb", 0.5, 0.5, 100, 20.0, 1)])
    >>> [candidate.design_id for candidate in found]
    ['bb', 'aa']
    """
    return sorted(candidates, key=lambda one: (-one.shrunk, one.tokens_per_item, one.order))
