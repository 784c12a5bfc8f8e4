"""The field's mistake, made visible: which design would be chosen on val, which on test?

Many published archives hold a test score for every design, and the best of those was published. A test
score that a design was picked by is no test score: of many that differ by luck, the luckiest was taken.
Here `best` reads val alone; what comes from elsewhere is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChosenOn:
    """The best of some designs by each split; places are those in the lists given."""

    by_val: int
    by_test: int
    val: tuple[float, float]
    """Val scores of the two, in 0..1."""
    test: tuple[float, float]
    seen: int
    """Designs whose test scores were looked at."""

    @property
    def differ(self) -> bool:
        """Whether it matters by which split the best is chosen."""
        return self.by_val != self.by_test

    @property
    def mark(self) -> str:
        """What is to stand beside the design that is best on test; empty where it is best on val, too."""
        if not self.differ:
            return ""
        return (
            f"selected on test: the highest of {self.seen} test scores ({self.test[1]:.3f}); on val it has "
            f"{self.val[1]:.3f}, and the best there, {self.val[0]:.3f}, has {self.test[0]:.3f} on test"
        )


def chosen_on(val: Sequence[float | None], test: Sequence[float | None]) -> ChosenOn | None:
    """Which of the designs would be chosen by val, and which by test; of equals the first.

    ``None`` stands for a score that is not known. Gives ``None`` where no design has both, or only one
    was looked at on test: then nothing was selected there.

    >>> found = chosen_on([0.6, 0.7, 0.5], [0.6, 0.5, 0.8])
    >>> found.by_val, found.by_test, found.differ
    (1, 2, True)
    """
    choices = [
        (i, v, t) for i, (v, t) in enumerate(zip(val, test, strict=True)) if v is not None and t is not None
    ]
    if len(choices) < 2:
        return None
    on_val, on_test = max(choices, key=lambda k: k[1]), max(choices, key=lambda k: k[2])
    return ChosenOn(on_val[0], on_test[0], (on_val[1], on_test[1]), (on_val[2], on_test[2]), len(choices))
