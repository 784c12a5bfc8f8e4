"""Each structure once, the likelier first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.search.grammar.classics import baselines, classics
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.structures import learnt, untried
from masdesign.search.strategy import Proposal, Setting, Strategy

SAMPLES = 5
"""Samples in a row without a new structure after which there is none left."""


class Structures(Strategy):
    """Tries each way to put blocks together once, as plain as can be, the likelier ones first.

    Where good designs are few and what is near them is no better than the rest, nothing leads to them, and
    whoever changes the best so far tries the same over and over. This strategy goes through what there is
    instead, in the order of how likely the grammar makes it: what is simple and uses what the task has
    comes first. Forms that stand in designs which did well are made likelier, so that it turns to what
    is near those. It begins with what the literature knows.

    References: K. Ellis et al. 2020, DreamCoder, arXiv:2006.08381 (programs in the order of a likelihood that
    is learnt); R. Sałustowicz, J. Schmidhuber 1997, Probabilistic Incremental Program Evolution,
    doi:10.1162/evco.1997.5.2.123 (learnt over the run, node by node).
    """

    name: ClassVar[str] = "structures"
    reference: ClassVar[str] = "arXiv:2006.08381"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        setting.book.know(baselines(setting.grammar))
        self._classics = classics(setting.grammar)

    def propose(self, view: ArchiveView, n: int) -> Iterator[Proposal]:
        """``n`` new designs, fewer where there are no more structures."""
        book = self.setting.book
        book.note(entry.design.id for entry in view.entries)
        while n and self._classics:
            known = book.enter(self._classics.pop(0), origin=self.name)
            if known is not None:
                n -= 1
                yield Proposal(known)
        for tree in islice(strangers(self.setting, view), n):
            design = book.enter(tree, origin=self.name)
            if design is not None:
                yield Proposal(design)


def strangers(setting: Setting, view: ArchiveView) -> Iterator[Expression]:
    """New structures, the likelier first, by what forms came to in the run so far; random trees never."""
    weights, empty = learnt(view, setting.book), 0
    while empty < SAMPLES:
        before = len(setting.book.structures)
        yield from untried(setting.grammar, setting.book, setting.rng, weights)
        empty = empty + 1 if len(setting.book.structures) == before else 0
