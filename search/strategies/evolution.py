"""Regularised evolution over the grammar's trees."""

from collections.abc import Sequence
from typing import ClassVar, Self

from masdesign.archive.view import ArchiveView, Entry
from masdesign.errors import InputError
from masdesign.search.grammar.vary import crossover, mutate, simplify
from masdesign.search.strategies._growing import Breeding, Child

POPULATION = 24
"""How many of the youngest designs may be parents; older ones have died, however good."""
FOUNDERS = 12
"""The designs that the literature knows, filled up with new structures."""
TOURNAMENT = 6
"""Contestants for being a parent; the best of them is."""
MUTATION, CROSSOVER = 0.6, 0.25
"""Shares of the children; the rest are simplifications."""


class Evolution(Breeding):
    """Ages out the old, breeds from the best of a random few (a tournament).

    It begins with designs that the literature knows and some new structures, then mutates, crosses
    over and simplifies. Ageing keeps a design from living on one lucky evaluation: only what its
    children inherit survives. A stopped design is fit by the items it got to, drawn towards the
    run's mean the fewer they are.

    ``evolution:aimed`` looks at the `train` items that the leading design fails, and mutates its steps the
    likelier the oftener a run departed from right there.

    Reference: E. Real, A. Aggarwal, Y. Huang, Q. V. Le 2018, Regularized Evolution for Image
    Classifier Architecture Search, arXiv:1802.01548.
    """

    name: ClassVar[str] = "evolution"
    reference: ClassVar[str] = "arXiv:1802.01548"

    leans: ClassVar[bool] = True
    founders: ClassVar[int] = FOUNDERS

    @classmethod
    def variant(cls, text: str) -> type[Self]:
        """``aimed``. Raises `InputError` for anything else."""
        if text != "aimed":
            raise InputError(f"strategy {cls.name!r} has no variant {text!r}; it has aimed")
        return type(cls.__name__, (cls,), {"name": f"{cls.name}:{text}", "takes_blame": True})

    def parents(self, view: ArchiveView) -> list[Entry]:
        """The youngest designs that ran and whose tree is known."""
        grown = [e for e in view.entries if e.score is not None and self._book.tree(e.design.id)]
        return grown[-POPULATION:]

    def child(self, parents: Sequence[Entry]) -> Child:
        """A mutation, a crossover or a simplification."""
        rng, grammar = self.setting.rng, self.setting.grammar
        if not parents:
            return grammar.grow(rng), ()
        parent = self._parent(parents)
        tree, kind = self.tree(parent), rng.random()
        if kind < MUTATION:
            diagnoses = self.setting.diagnoses if self.takes_blame else None
            blame = diagnoses.blame(parent.design.id) if diagnoses is not None else None
            return mutate(tree, grammar, rng, blame), (parent.design.id,)
        if kind < MUTATION + CROSSOVER:
            other = self._parent(parents)
            mixed = crossover(tree, self.tree(other), grammar, rng)
            return mixed, tuple(dict.fromkeys((parent.design.id, other.design.id)))
        return simplify(tree, grammar, rng), (parent.design.id,)

    def _parent(self, population: Sequence[Entry]) -> Entry:
        contestants = self.setting.rng.sample(population, min(TOURNAMENT, len(population)))
        return self.setting.objective.order(contestants)[0]
