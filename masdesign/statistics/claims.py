"""What may be claimed of a design after a look at test: paired tests, corrected for their number.

A run may look at test more than once, where it goes on with another budget. Its looks share one error: the
first may use four fifths of it, each later one half of what is left, so that over all of them together a
claim is made where nothing is different with a chance of at most `ALPHA`, however often the run goes on. The
number of items of a look never depends on scores, so that within a look a test for a fixed number is valid;
testing by betting (`masdesign.statistics.betting`) would need no such split, and shows much less
(``docs/acceptance.md``).

Reference: S. Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scand. J. Stat. 6 (1979), 65-70.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from masdesign.statistics.intervals import ALPHA
from masdesign.statistics.paired import Difference, Scores, Verdict, paired_difference

FIRST_LOOK = 0.8
"""Share of the error that a run's first look at test may use."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A comparison of a design with a plain method, settled before the look at test."""

    than: str
    """The plain way that it is compared with."""
    difference: Difference
    """Score minus that one's, on the same items; its interval is simultaneous with those of the others."""
    p_holm: float
    """The p-value, corrected for all that is claimed together and for the look's share of the error."""

    @property
    def verdict(self) -> Verdict:
        """``better``, ``worse`` or ``cannot tell``."""
        return self.difference.verdict

    @property
    def holds(self) -> bool:
        """Whether it is better, beyond chance."""
        return self.verdict == "better"

    def to_json(self) -> dict[str, Any]:
        """``than``, ``mean``, ``low``, ``high``, ``p``, ``p_holm``, ``items``, ``holds``."""
        figures = {name: getattr(self.difference, name) for name in ("mean", "low", "high", "p")}
        more = {"p_holm": self.p_holm, "items": self.difference.items, "holds": self.holds}
        return {"than": self.than, **figures, **more}


def claims_of(design: Scores, others: Mapping[str, Scores], *, seed: int, look: int = 1) -> tuple[Claim, ...]:
    """The claims that ``design`` is better than each of ``others`` (by name), tested together.

    What is compared has to be settled before these scores are seen: chosen on other items. ``look`` is the
    number of the run's look at them, from 1.

    >>> won = {str(item): 1.0 for item in range(20)}
    >>> lost = {str(item): float(item < 8) for item in range(20)}
    >>> [(claim.than, claim.holds) for claim in claims_of(won, {"a vote": lost, "itself": won}, seed=0)]
    [('a vote', True), ('itself', False)]
    """
    alone = [paired_difference(design, other, seed=seed) for other in others.values()]
    share = error_of_look(look) / ALPHA
    adjusted = [min(1.0, p / share) for p in holm([difference.p for difference in alone])]
    return tuple(
        Claim(name, paired_difference(design, other, seed=seed, p_adjusted=p), p)
        for (name, other), p in zip(others.items(), adjusted, strict=True)
    )


def error_of_look(look: int) -> float:
    """What a run's look at test, counted from 1, may use of `ALPHA`; over all looks it sums up to `ALPHA`.

    >>> [round(error_of_look(look), 5) for look in (1, 2, 3)]
    [0.04, 0.005, 0.0025]
    """
    return ALPHA * (FIRST_LOOK if look == 1 else (1 - FIRST_LOOK) * 0.5 ** (look - 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, aligned with ``p_values``: rejecting those up to alpha errs at all, where
    nothing is different, with a chance of at most alpha.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = least
    return adjusted
