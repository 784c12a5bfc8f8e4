"""Monte Carlo tree search: designs grow step by step, where growing has paid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil, log, sqrt
from typing import ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.tree import design_of
from masdesign.search.grammar.vary import mutate
from masdesign.search.strategies._growing import Growing
from masdesign.search.strategy import Setting
from masdesign.workflow import Design

EXPLORATION = 0.25
"""Weight of what is little known against what is good; scores lie in 0..1 and differ by tenths."""
WIDENING = 1.5
"""Times the square root of a node's visits: how many children it may have."""
TRIES = 60
"""Changes in a row that come to nothing new, after which nothing more is proposed."""
STARTS = ("self_consistency()", "chain_of_thought()", "self_consistency(n=3)")
"""What grows first; baselines that a run has already are not proposed again."""


@dataclass(eq=False)
class Branch:
    """A design and what was grown from it; ``value`` adds up the scores of the whole branch."""

    tree: Expression | None
    """``None`` at the root, whose children are where designs begin."""
    id: str = ""
    parent: Branch | None = None
    children: list[Branch] = field(default_factory=list)
    visits: int = 0
    value: float = 0.0
    told: bool = False
    """Whether its own score was counted."""

    @property
    def mean(self) -> float:
        """The mean score of the branch's designs."""
        return self.value / self.visits if self.visits else 0.0

    def path(self) -> Iterator[Branch]:
        """This branch, what it grew from, and so on to the root."""
        yield self
        if self.parent is not None:
            yield from self.parent.path()


class TreeSearch(Growing):
    """Grows designs from designs, one change at a time, in the branch with the best upper bound.

    A child is its parent with one step more, one less, or one number changed. Every score is
    counted at the design and at all that it grew from (real visits, real values); selection goes
    down by UCT, and a node takes a new child when it was visited often enough (progressive
    widening). A design still being evaluated counts as a visit that earned nothing, so that a batch
    spreads out. Unlike AFlow's tree, which picks a parent from its best few and never backs a value
    up, the counts here are those that the search's guarantee rests on.

    Reference: L. Kocsis, C. Szepesvári 2006, Bandit Based Monte-Carlo Planning,
    doi:10.1007/11871842_29; R. Coulom 2007, doi:10.1007/978-3-540-75538-8_7 (progressive widening).
    """

    name: ClassVar[str] = "tree_search"
    reference: ClassVar[str] = "doi:10.1007/11871842_29"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._root = Branch(None)
        self._branches: dict[str, Branch] = {}
        self._starts = {design_of(tree).id: tree for tree in setting.grammar.known(STARTS)}

    def designs(self, view: ArchiveView, n: int) -> Iterator[Design]:
        """Children of the nodes that the counts lead to; new structures, in their turn, at the root."""
        self._adopt(view)
        self._count(view)
        strangers = self.strangers(view)
        for is_strange in self.turns(view, n):
            design = self._grow(strangers, begins=is_strange)
            if design is None:
                return
            yield design

    def _adopt(self, view: ArchiveView) -> None:
        """Grow from the beginnings that the run has already, as baselines, without proposing them."""
        for entry in view.entries:
            tree = self._starts.pop(entry.design.id, None)
            if tree is not None:
                self._branch(tree, entry.design, self._root)

    def _count(self, view: ArchiveView) -> None:
        """Back up what has become known since; a design that failed earned nothing."""
        for entry in view.entries:
            branch = self._branches.get(entry.design.id)
            if branch is not None and not branch.told:
                branch.told = True
                for above in branch.path():
                    above.value += entry.score or 0.0

    def _grow(self, new: Iterator[Expression], *, begins: bool) -> Design | None:
        for _ in range(TRIES):
            parent = self._root if begins else self._select()
            child = self._change(parent, new)
            parents = (parent.id,) if parent.id else ()
            design = self.new([child], parents)
            if child is None or design is None:
                for above in parent.path():
                    above.visits += 1  # nothing new here: look elsewhere
                continue
            self._branch(child, design, parent)
            return design
        return None

    def _branch(self, tree: Expression, design: Design, parent: Branch) -> None:
        branch = Branch(tree, design.id, parent)
        parent.children.append(branch)
        self._branches[design.id] = branch
        for above in branch.path():
            above.visits += 1  # its value follows when it is known

    def _select(self) -> Branch:
        """Down the tree by the upper bound, to a node that may take another child."""
        branch = self._root
        while len(branch.children) >= ceil(WIDENING * sqrt(branch.visits + 1)):
            branch = max(branch.children, key=lambda child: self._bound(child))
        return branch

    def _bound(self, branch: Branch) -> float:
        above = branch.parent.visits if branch.parent else 1
        return branch.mean + EXPLORATION * sqrt(log(above + 1) / max(1, branch.visits))

    def _change(self, parent: Branch, new: Iterator[Expression]) -> Expression | None:
        if parent.tree is not None:
            return mutate(parent.tree, self.setting.grammar, self.setting.rng)
        return self._starts.pop(next(iter(self._starts))) if self._starts else next(new, None)
