"""Which of several arms to pull next, where each pull costs something: Budgeted Thompson Sampling.

Reference: Y. Xia, H. Li, T. Qin, N. Yu, T.-Y. Liu 2015, Thompson Sampling for Budgeted Multi-armed
Bandits, IJCAI, arXiv:1505.00146.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Earned:
    """What the pulls of one arm came to."""

    pulls: int = 0
    successes: int = 0
    """Of the pulls, from 0 to all."""
    cost: float = 0.0
    """What the pulls cost together, each between 0 and 1."""


def choose(arms: Mapping[str, Earned], rng: Random) -> str:
    """An arm, drawn by how likely it is to have the most successes for its cost.

    A success rate and a mean cost are drawn from what is known of each arm (Beta posteriors, uniform
    before the first pull), and the arm with the highest ratio is taken. Raises ValueError where there
    is no arm.

    >>> known = {"good": Earned(100, 60, 50.0), "bad": Earned(100, 5, 50.0)}
    >>> rng = Random(0)
    >>> [choose(known, rng) for _ in range(50)].count("good")
    50
    """
    ratios = {name: _rate(arm, rng) / _price(arm, rng) for name, arm in arms.items()}
    return max(ratios, key=ratios.__getitem__)


def _rate(arm: Earned, rng: Random) -> float:
    return rng.betavariate(1 + arm.successes, 1 + arm.pulls - arm.successes)


def _price(arm: Earned, rng: Random) -> float:
    return max(rng.betavariate(1 + arm.cost, 1 + arm.pulls - arm.cost), 1e-9)
