"""Designs drawn at random from the grammar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.search.strategy import Proposal, Setting, Strategy

TRIES = 1000
"""Draws without a new design after which the grammar counts as exhausted."""


class RandomSearch(Strategy):
    """Draws designs from the grammar, whatever was found so far.

    The bar for every other strategy: in spaces of few good designs it is hard to beat.

    Reference: L. Li, A. Talwalkar 2019, Random Search and Reproducibility for Neural Architecture
    Search, arXiv:1902.07638.
    """

    name: ClassVar[str] = "random"
    reference: ClassVar[str] = "arXiv:1902.07638"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._book = setting.book

    def propose(self, view: ArchiveView, n: int) -> Iterator[Proposal]:
        """``n`` new designs, fewer where the grammar holds no more."""
        self._book.note(entry.design.id for entry in view.entries)
        tries = 0
        while n and tries < TRIES:
            tree = self.setting.grammar.grow(self.setting.rng)
            design = self._book.enter(tree, origin=self.name)
            if design is None:
                tries += 1
                continue
            n, tries = n - 1, 0
            yield Proposal(design)
