"""What the strategies share that grow designs from the grammar, and those among them that breed."""

from abc import abstractmethod
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from typing import ClassVar

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.grammar.classics import baselines, classics
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.structures import learnt, stands_out, untried
from masdesign.search.strategy import Proposal, Setting, Strategy
from masdesign.workflow import Design

SAMPLES = 5
"""Samples in a row without a new structure after which there is none left."""
STRANGERS = 2
"""Of this many designs one is a new structure, as long as none stands out from the plain ways to answer."""
TRIES = 200
"""Children in a row that are known already, after which breeding gives up."""

Child = tuple[Expression | None, tuple[str, ...]]
"""A tree (none where the attempt failed) and the ids of its parents."""


class Growing(Strategy):
    """Proposes designs that are grown from the grammar; what is grown is for `designs` to say."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._book = setting.book

    @abstractmethod
    def designs(self, view: ArchiveView, n: int) -> Iterator[Design]:
        """Up to ``n`` new designs."""

    def propose(self, view: ArchiveView, n: int) -> Iterable[Proposal] | Awaitable[Iterable[Proposal]]:
        """``n`` new designs, fewer where no more were found in a bounded number of tries."""
        return self.grown(view, n)

    def grown(self, view: ArchiveView, n: int) -> Iterator[Proposal]:
        """What `propose` gives where no model is asked."""
        self._book.note(entry.design.id for entry in view.entries)
        yield from map(Proposal, self.designs(view, n))

    def strangers(self, view: ArchiveView) -> Iterator[Expression]:
        """New structures, the likelier first, by what forms came to in the run so far; random trees never."""
        grammar, book, rng = self.setting.grammar, self._book, self.setting.rng
        weights, empty = learnt(view, book), 0
        while empty < SAMPLES:
            before = len(book.structures)
            yield from untried(grammar, book, rng, weights)
            empty = empty + 1 if len(book.structures) == before else 0

    def turns(self, view: ArchiveView, n: int) -> Iterator[bool]:
        """For each of ``n`` designs, whether it is the turn of a new structure."""
        lost = not stands_out(view)
        return (lost and turn % STRANGERS == 0 for turn in range(n))

    def new(self, trees: Iterable[Expression | None], parents: tuple[str, ...] = ()) -> Design | None:
        """The first of the trees whose design is not known yet, as that design."""
        entered = (self._book.enter(tree, parents=parents, origin=self.name) for tree in trees if tree)
        return next((design for design in entered if design is not None), None)


class Breeding(Growing):
    """First the founders, then children of those that `parents` lets breed."""

    founders: ClassVar[int]
    """Designs before the first child: `first`, filled up with `strangers`."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._book.know(baselines(setting.grammar))
        self._first = self.first()
        self._founded = len(self._first)

    def first(self) -> list[Expression]:
        """What it begins with: the designs that the literature knows."""
        return classics(self.setting.grammar)

    @abstractmethod
    def parents(self, view: ArchiveView) -> Sequence[Entry]:
        """The entries that may have children."""

    @abstractmethod
    def child(self, parents: Sequence[Entry]) -> Child:
        """One attempt at a child; a random tree where there are no parents."""

    def designs(self, view: ArchiveView, n: int) -> Iterator[Design]:
        """The founders; then children, and new structures beside them as long as no child stands out."""
        parents, strangers = self.parents(view), self.strangers(view)
        for is_strange in self.turns(view, n):
            design = self.new(self._first.pop(0) for _ in self._first[:])
            if design is None and (is_strange or self._founded < self.founders):
                design, self._founded = self.new(strangers), self._founded + 1
            design = design or self._breed(parents)
            if design is None:
                return
            yield design

    def tree(self, entry: Entry) -> Expression:
        """The tree behind an entry that `parents` gave."""
        tree = self._book.tree(entry.design.id)
        if tree is None:
            raise LookupError(f"design {entry.design.id} was not grown here")
        return tree

    def _breed(self, parents: Sequence[Entry]) -> Design | None:
        for _ in range(TRIES):
            tree, ids = self.child(parents)
            design = self.new([tree], ids)
            if design is not None:
                return design
        return None
