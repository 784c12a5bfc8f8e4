"""A race against the incumbent, item by item, stopped by a test that is valid at every look.

A candidate and the incumbent answer the same items. On 0/1 scores only the items on which they
differ say anything, and if the candidate were as good, each of those would be a loss with a chance
of at most one half. So the losses are counted (the sign test), at looks fixed in advance, and each
look may use up a preset part of the error: the thresholds are such that an equally good candidate
is *ever* stopped with a chance of at most ``alpha``. They are computed exactly, for the numbers of
differing items that occurred, by following the walk of losses and taking out what was stopped.

Graded scores have no such distribution. Where either has any, the test is a bet: a wealth that grows
only if the mean difference is below 0, and otherwise ever passes 1/alpha with a chance of at most
``alpha``. Looks before a candidate's first graded score have spent a part of ``alpha``; the bet is then
against what is left of it.

References: K. K. G. Lan, D. L. DeMets, Biometrika 70 (1983), doi:10.1093/biomet/70.3.659 (spent
error); I. Waudby-Smith, A. Ramdas, J. R. Stat. Soc. B 86 (2024), arXiv:2010.09686 (betting).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from masdesign.statistics.intervals import is_binary

Decision = Literal["continue", "stop", "keep"]
Score = float | None

LOOK_EVERY = 10
_PLAIN = (None, -1.0, 0.0, 1.0)
"""Differences of 0/1 scores."""
BETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the wealth put on "worse"; the wealth is averaged over them (no tuning to the data)."""


@dataclass(frozen=True)
class Race:
    """The incumbent's scores in the order of the items, the error to be spent, and the looks.

    ``looks`` are numbers of items after which a decision may fall; by default every 10 items.
    ``None`` among the scores is an unscored item, which neither wins nor loses.

    >>> race = Race((1.0,) * 40)
    >>> race.decide([1.0] * 10), race.decide([0.0] * 10), race.decide([1.0] * 40)
    ('continue', 'stop', 'keep')
    """

    incumbent: tuple[Score, ...]
    alpha: float = 0.05
    looks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha must lie in 0..1, not {self.alpha}")
        if any(look < 1 for look in self.looks) or list(self.looks) != sorted(set(self.looks)):
            raise ValueError(f"looks must be growing numbers of items, not {self.looks}")

    @property
    def schedule(self) -> tuple[int, ...]:
        """The looks that the incumbent's items allow, the last at the last item."""
        items = len(self.incumbent)
        looks = self.looks or tuple(range(LOOK_EVERY, items, LOOK_EVERY))
        return (*(look for look in looks if look < items), items)

    def next_look(self, seen: int) -> int | None:
        """The number of items at the first look after ``seen`` items; ``None`` after the last."""
        return next((look for look in self.schedule if look > seen), None)

    def decide(self, candidate: Sequence[Score]) -> Decision:
        """What the scores so far say, in the order of the incumbent's items.

        ``"stop"``: the candidate is worse. ``"keep"``: it is better, or all items are in and it was
        not shown to be worse. ``"continue"``: neither yet. Only the looks up to here count, and
        the first that decides does, so that asking oftener, or late, changes nothing.
        """
        if len(candidate) > len(self.incumbent):
            raise ValueError(f"{len(candidate)} scores, but the incumbent has {len(self.incumbent)}")
        looks = tuple(look for look in self.schedule if look <= len(candidate))
        differences = [
            None if a is None or b is None else a - b for a, b in zip(candidate, self.incumbent, strict=False)
        ]
        worse = self._first_crossing([None if d is None else -d for d in differences], looks)
        better = self._first_crossing(differences, looks)
        if worse is not None and (better is None or worse < better):
            return "stop"
        if better is not None or len(candidate) == len(self.incumbent):
            return "keep"
        return "continue"

    def _first_crossing(self, gains: Sequence[Score], looks: tuple[int, ...]) -> int | None:
        """The first look at which the gains are shown to be above 0 on the whole."""
        plain = 0
        if is_binary([score for score in self.incumbent if score is not None]):
            plain = next((i for i, gain in enumerate(gains) if gain not in _PLAIN), len(gains))
        signed = tuple(look for look in looks if look <= plain)
        crossed = self._sign_crossing(gains, signed)
        if crossed is not None:
            return crossed
        left = self.alpha - self._spent(signed[-1] if signed else 0)
        return next((n for n in looks if n > plain and wealth(gains[:n]) * left >= 1), None)

    def _sign_crossing(self, gains: Sequence[Score], looks: tuple[int, ...]) -> int | None:
        differing = tuple(sum(bool(gain) for gain in gains[:look]) for look in looks)
        ahead = [sum(gain is not None and gain > 0 for gain in gains[:look]) for look in looks]
        spent = tuple(self._spent(look) for look in looks)
        bounds = thresholds(differing, spent)
        return next((look for look, n, bound in zip(looks, ahead, bounds, strict=True) if n >= bound), None)

    def _spent(self, look: int) -> float:
        """The error that the sign test may have used by then."""
        return self.alpha * look / len(self.incumbent)


@lru_cache(maxsize=4096)
def thresholds(differing: tuple[int, ...], spent: tuple[float, ...]) -> tuple[int, ...]:
    """Return, for each look, the least number of heads among fair coins that decides within the error spent.

    ``differing`` is the number of coins at each look, ``spent`` the error that may be used up to it,
    both growing. The chance that fair coins ever reach a threshold is at most ``spent[-1]``.

    >>> thresholds((10,), (0.05,)), thresholds((5, 10), (0.02, 0.05))
    ((9,), (6, 9))
    """
    alive, crossed, bounds = [1.0], 0.0, []
    for coins, allowed in zip(differing, spent, strict=True):
        while len(alive) <= coins:
            alive = [(a + b) / 2 for a, b in zip([*alive, 0.0], [0.0, *alive], strict=True)]
        bound = len(alive)
        while bound > 0 and crossed + alive[bound - 1] <= allowed:
            bound -= 1
            crossed += alive[bound]
            alive[bound] = 0.0
        bounds.append(bound)
    return tuple(bounds)


def wealth(gains: Sequence[Score]) -> float:
    """The wealth of a gambler who bets that gains in -1..1 are above 0, starting with 1.

    If their mean is at most 0, whatever came before, it ever reaches w with a chance of at most 1/w.
    """
    total = 0.0
    for bet in BETS:
        stake = 1.0
        for gain in gains:
            stake *= 1.0 if gain is None else 1.0 + bet * gain
        total += stake
    return total / len(BETS)
