"""The tree-structured Parzen estimator, by Optuna."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.search.strategies._optuna import OptunaStrategy

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

STARTUP = 16
"""Random designs before the first one that is modelled."""
CANDIDATES = 6
"""Draws from the model of which the likeliest is taken; with more it asks for the same again and again."""


class TPE(OptunaStrategy):
    """Models which choices good designs share, and draws the next ones from the model.

    A design is a row of named choices, and each name has a model of its own. What counts is a
    design's place in the objective's order when it is told, as a share of those that it beats.

    Reference: J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl 2011, Algorithms for Hyper-Parameter
    Optimization, NeurIPS; S. Watanabe 2023, Tree-Structured Parzen Estimator, arXiv:2304.11127.
    """

    name: ClassVar[str] = "tpe"
    reference: ClassVar[str] = "arXiv:2304.11127"

    def sampler(self, seed: int) -> BaseSampler:
        """One model a choice: there are too few designs to learn which choices go together."""
        from optuna.samplers import TPESampler

        return TPESampler(
            n_startup_trials=STARTUP,
            n_ei_candidates=CANDIDATES,
            multivariate=False,
            constant_liar=True,
            seed=seed,
        )

    def values(self, view: ArchiveView) -> dict[str, list[float]]:
        """The share of the scored designs that each one is not worse than, in the objective's order."""
        ordered = self.setting.objective.order(view.entries)
        return {
            entry.design.id: [1 - place / max(1, len(ordered) - 1)] for place, entry in enumerate(ordered)
        }
