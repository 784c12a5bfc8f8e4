"""NSGA-II over score and tokens, by Optuna."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.search.objective import shrunk_by_id
from masdesign.search.strategies._optuna import OptunaStrategy

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

POPULATION = 24
"""Designs a generation."""


class NSGA2(OptunaStrategy):
    """Breeds for score and for few tokens at once, whatever the run's objective is.

    Each generation keeps the designs that nothing beats in both, and among equals those that stand
    apart, so that the whole frontier is searched and not one price. The run's objective still says
    which design is the winner.

    Reference: K. Deb et al. 2002, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II,
    doi:10.1109/4235.996017.
    """

    name: ClassVar[str] = "nsga2"
    reference: ClassVar[str] = "doi:10.1109/4235.996017"
    directions = ("maximize", "minimize")

    def sampler(self, seed: int) -> BaseSampler:
        """Optuna's own, with a population that a short run fills several times."""
        from optuna.samplers import NSGAIISampler

        return NSGAIISampler(population_size=POPULATION, seed=seed)

    def values(self, view: ArchiveView) -> dict[str, list[float]]:
        """Shrunk score, and tokens an item."""
        shrunk = shrunk_by_id(view.entries)
        return {
            entry.design.id: [shrunk[entry.design.id], entry.cost_per_item]
            for entry in view.entries
            if entry.design.id in shrunk
        }
