"""What the strategies share that begin with founders and then breed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.grammar.classics import baselines, classics
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.structures import stands_out
from masdesign.search.strategies.structures import strangers
from masdesign.search.strategy import Proposal, Setting, Strategy
from masdesign.workflow import Design

TRIES = 200
"""Children that were known already, after which breeding gives up."""
STRANGERS = 2
"""One of so many designs is a new structure, as long as none stands out from the plain ways to answer."""

Child = tuple[Expression | None, tuple[str, ...]]
"""A tree (none where the attempt failed) and the ids of its parents."""


class Breeding(Strategy):
    """First the founders, then children of those that `parents` lets breed."""

    founders: ClassVar[int]
    """Designs before the first child: `first`, filled up with `strangers`."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._book = setting.book
        self._book.know(baselines(setting.grammar))
        self._first = self.first()
        self._founded = len(self._first)

    def first(self) -> list[Expression]:
        """What it begins with: the designs that the literature knows."""
        return classics(self.setting.grammar)

    def strangers(self, view: ArchiveView) -> Iterator[Expression]:
        """What fills up the founders, and stands beside the children as long as none of them stands out."""
        return strangers(self.setting, view)

    @abstractmethod
    def parents(self, view: ArchiveView) -> Sequence[Entry]:
        """The entries that may have children."""

    @abstractmethod
    def child(self, parents: Sequence[Entry]) -> Child:
        """One attempt at a child; a random tree where there are no parents."""

    def propose(self, view: ArchiveView, n: int) -> Iterator[Proposal]:
        """``n`` new designs, fewer where no more were found in a bounded number of tries."""
        self._book.note(entry.design.id for entry in view.entries)
        parents, lost = self.parents(view), not stands_out(view)
        new = self.strangers(view)
        for turn in range(n):
            begins = self._founded < self.founders or (lost and turn % STRANGERS == 0)
            design = self._known()
            if design is None and begins:
                design, self._founded = self._stranger(new), self._founded + 1
            design = design or self._breed(parents)
            if design is None:
                return
            yield Proposal(design)

    def tree(self, entry: Entry) -> Expression:
        """The tree behind an entry that `parents` gave."""
        tree = self._book.tree(entry.design.id)
        if tree is None:
            raise LookupError(f"design {entry.design.id} was not grown here")
        return tree

    def _known(self) -> Design | None:
        """The next of the first that is not known already."""
        entered = (self._book.enter(self._first.pop(0), origin=self.name) for _ in self._first[:])
        return next((design for design in entered if design is not None), None)

    def _stranger(self, new: Iterator[Expression]) -> Design | None:
        entered = (self._book.enter(tree, origin=self.name) for tree in new)
        return next((design for design in entered if design is not None), None)

    def _breed(self, parents: Sequence[Entry]) -> Design | None:
        for _ in range(TRIES):
            tree, ids = self.child(parents)
            design = self._book.enter(tree, parents=ids, origin=self.name) if tree else None
            if design is not None:
                return design
        return None
