"""What strategies remember of what they grew: trees by design id, and which ids a run has seen."""

from __future__ import annotations

from collections.abc import Iterable

from masdesign.search.grammar.emit import emit
from masdesign.search.grammar.names import name, thought
from masdesign.search.grammar.nodes import Answer, found_in
from masdesign.workflow import Design


def design_of(tree: Answer, *, parents: tuple[str, ...] = (), origin: str = "") -> Design:
    """The tree as a design: its source, a name that says what it is, and a sentence on how it works.
    The promoted blocks that it calls are among its parents.

    >>> from masdesign.search.grammar.nodes import Samples, Vote
    >>> design_of(Vote(Samples(5))).name
    'vote of 5'
    """
    blocks = sorted(block.version for block in found_in(tree))
    return Design(emit(tree), name(tree), thought(tree), tuple(dict.fromkeys([*parents, *blocks])), origin)


class TreeBook:
    """Trees by the id of their design. No id is entered twice."""

    def __init__(self) -> None:
        self._trees: dict[str, Answer] = {}
        self._seen: set[str] = set()

    def note(self, ids: Iterable[str]) -> None:
        """Designs that must not be entered, since the run already holds them."""
        self._seen.update(ids)

    def claim(self, design: Design) -> bool:
        """Take a design whose tree is not known as one's own proposal; whether its id is new."""
        new = design.id not in self._seen
        self._seen.add(design.id)
        return new

    def enter(self, tree: Answer, *, parents: tuple[str, ...] = (), origin: str = "") -> Design | None:
        """The tree's design, or ``None`` where its id was seen before."""
        design = design_of(tree, parents=parents, origin=origin)
        if design.id in self._seen:
            return None
        self._seen.add(design.id)
        self._trees[design.id] = tree
        return design

    def know(self, trees: Iterable[Answer]) -> None:
        """Trees that others may have proposed: they have a tree here, and may still be entered."""
        self._trees.update((design_of(tree).id, tree) for tree in trees)

    def tree(self, design_id: str) -> Answer | None:
        """The tree behind a design; ``None`` for a design that is not known here."""
        return self._trees.get(design_id)
