"""Regularised evolution over the grammar's trees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.grammar.classics import baselines, classics
from masdesign.search.grammar.nodes import Answer
from masdesign.search.grammar.tree import TreeBook
from masdesign.search.grammar.vary import crossover, mutate, simplify
from masdesign.search.strategy import Proposal, Setting, Strategy
from masdesign.workflow import Design

POPULATION = 24
"""The youngest so many designs may be parents; older ones have died, however good."""
FOUNDERS = 12
"""The designs that the literature knows, filled up with random ones."""
TOURNAMENT = 6
"""Contestants for being a parent; the best of them is."""
MUTATION, CROSSOVER = 0.6, 0.25
"""Shares of the children; the rest are simplifications."""
TRIES = 200


class Evolution(Strategy):
    """Ages out the old, breeds from the best of a random few (a tournament).

    It begins with designs that the literature knows and some random ones, then mutates, crosses
    over and simplifies. Ageing keeps a design from living on one lucky evaluation: only what its
    children inherit survives. A stopped design is fit by the items it got to, drawn towards the
    run's mean the fewer they are.

    Reference: E. Real, A. Aggarwal, Y. Huang, Q. V. Le 2018, Regularized Evolution for Image
    Classifier Architecture Search, arXiv:1802.01548.
    """

    name: ClassVar[str] = "evolution"
    reference: ClassVar[str] = "arXiv:1802.01548"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._book = TreeBook()
        self._book.know(baselines(setting.grammar))
        known = classics(setting.grammar)
        strangers = [setting.grammar.grow(setting.rng) for _ in range(FOUNDERS - len(known))]
        self._founders = [*known, *strangers]

    def propose(self, view: ArchiveView, n: int) -> Iterator[Proposal]:
        """``n`` new designs, fewer where no more were found in a bounded number of tries."""
        self._book.note(entry.design.id for entry in view.entries)
        population = self._population(view)
        for _ in range(n):
            child = self._found() or self._breed(population)
            if child is None:
                return
            yield Proposal(child)

    def _population(self, view: ArchiveView) -> list[Entry]:
        """The youngest designs that ran and whose tree is known."""
        grown = [e for e in view.entries if e.score is not None and self._book.tree(e.design.id)]
        return grown[-POPULATION:]

    def _found(self) -> Design | None:
        while self._founders:
            design = self._book.enter(self._founders.pop(0), origin=self.name)
            if design is not None:
                return design
        return None

    def _breed(self, population: list[Entry]) -> Design | None:
        for _ in range(TRIES):
            tree, parents = self._child(population)
            design = self._book.enter(tree, parents=parents, origin=self.name) if tree else None
            if design is not None:
                return design
        return None

    def _child(self, population: list[Entry]) -> tuple[Answer | None, tuple[str, ...]]:
        rng, grammar = self.setting.rng, self.setting.grammar
        if not population:
            return grammar.grow(rng), ()
        parent = self._parent(population)
        tree, kind = self._tree(parent), rng.random()
        if kind < MUTATION:
            return mutate(tree, grammar, rng), (parent.design.id,)
        if kind < MUTATION + CROSSOVER:
            other = self._parent(population)
            mixed = crossover(tree, self._tree(other), grammar, rng)
            return mixed, tuple(dict.fromkeys((parent.design.id, other.design.id)))
        return simplify(tree, grammar, rng), (parent.design.id,)

    def _parent(self, population: list[Entry]) -> Entry:
        contestants = self.setting.rng.sample(population, min(TOURNAMENT, len(population)))
        return self.setting.objective.order(contestants)[0]

    def _tree(self, entry: Entry) -> Answer:
        tree = self._book.tree(entry.design.id)
        if tree is None:
            raise LookupError(f"design {entry.design.id} was not grown here")
        return tree
