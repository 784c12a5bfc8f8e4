"""MAP-Elites: the best design of every kind, and new ones from all of them."""

from collections.abc import Sequence
from math import log2
from typing import ClassVar

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.grammar.combinator import Judge, kind_of
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.vary import mutate
from masdesign.search.strategies._growing import Breeding, Child

FOUNDERS = 16
"""Designs before the first child: those that the literature knows, filled up with new structures."""
CHANGES = (1, 1, 2)
"""Mutations from an elite to its child, drawn from these."""

JUDGE = kind_of(Judge)
Niche = tuple[int, int, int, bool]


class MapElites(Breeding):
    """Keeps the best design of every niche and breeds from all niches alike.

    A niche is how deep a design is, how many calls it may make, how many tokens it takes and whether
    a judge has a say in it; so a cheap design is never crowded out by a dear one, and the run's
    archive is the grid. A parent is the elite of a niche drawn uniformly.

    Reference: J.-B. Mouret, J. Clune 2015, Illuminating search spaces by mapping elites,
    arXiv:1504.04909.
    """

    name: ClassVar[str] = "map_elites"
    reference: ClassVar[str] = "arXiv:1504.04909"

    founders: ClassVar[int] = FOUNDERS

    def parents(self, view: ArchiveView) -> list[Entry]:
        """The best entry of each niche that is occupied, in order of the niches' first entries."""
        niches: dict[Niche, list[Entry]] = {}
        for entry in view.entries:
            tree = self._book.tree(entry.design.id)
            if tree is not None and entry.score is not None:
                niches.setdefault(niche(tree, entry, self.setting.grammar.calls(tree)), []).append(entry)
        return [self.setting.objective.order(members)[0] for members in niches.values()]

    def child(self, parents: Sequence[Entry]) -> Child:
        """An elite, mutated once or twice."""
        rng, grammar = self.setting.rng, self.setting.grammar
        if not parents:
            return grammar.grow(rng), ()
        parent = rng.choice(parents)
        tree: Expression | None = self.tree(parent)
        for _ in range(rng.choice(CHANGES)):
            tree = mutate(tree, grammar, rng) if tree else None
        return tree, (parent.design.id,)


def niche(tree: Expression, entry: Entry, calls: int) -> Niche:
    """Depth (capped), calls and tokens an item (in doublings), and whether a judge has a say.

    >>> from masdesign.search.grammar.generate import Grammar
    >>> from masdesign.search.grammar.tree import design_of
    >>> tree = Grammar().parse("retry(direct(), verify(), chain_of_thought())")
    >>> niche(tree, Entry(design_of(tree), 0.5, 600.0, 200, None, "complete"), calls=3)
    (2, 1, 9, True)
    """
    depth, judges = min(4, tree.depth), any(part.form.kind == JUDGE for part in tree.walk())
    doublings = int(log2(max(1, calls))), int(log2(max(1.0, entry.tokens_per_item or 1.0)))
    return depth, *doublings, judges
