"""Designs drawn at random from the grammar."""

from collections.abc import Iterator
from typing import ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.search.strategies._growing import Growing
from masdesign.workflow import Design

TRIES = 1000
"""Draws without a new design after which the grammar counts as exhausted."""


class RandomSearch(Growing):
    """Draws designs from the grammar, whatever was found so far.

    The bar for every other strategy: in spaces of few good designs it is hard to beat.

    Reference: L. Li, A. Talwalkar 2019, Random Search and Reproducibility for Neural Architecture
    Search, arXiv:1902.07638.
    """

    name: ClassVar[str] = "random"
    reference: ClassVar[str] = "arXiv:1902.07638"

    def designs(self, view: ArchiveView, n: int) -> Iterator[Design]:
        """Random draws, as long as the grammar holds more."""
        grammar, rng = self.setting.grammar, self.setting.rng
        for _ in range(n):
            design = self.new(grammar.grow(rng) for _ in range(TRIES))
            if design is None:
                return
            yield design
