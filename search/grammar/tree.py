"""What strategies remember of what they grew: expressions by design id, and which ids a run has seen."""

from collections.abc import Iterable

from masdesign.search.grammar.emit import emit
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.generate import Grammar
from masdesign.workflow import Design
from masdesign.workflow.promoted import Promoted

MARK = "Grown as "
"""Before the expression in a grown design's thought."""


def design_of(tree: Expression, *, parents: tuple[str, ...] = (), origin: str = "") -> Design:
    """The expression as a design: its source, a name that says what it is, and in its thought the expression.
    The discovered blocks that it calls are among its parents.

    >>> design_of(Grammar().parse("retry(direct(), verify(), chain_of_thought())")).name
    'direct, else chain of thought where verify objects'
    """
    blocks = {part.form.origin.version for part in tree.walk() if isinstance(part.form.origin, Promoted)}
    ancestors = tuple(dict.fromkeys([*parents, *sorted(blocks)]))
    return Design(emit(tree), tree.title, f"{MARK}{tree}", ancestors, origin)


def read(design: Design, grammar: Grammar) -> Expression | None:
    """The expression that a design was grown from; ``None`` where it was not, or this grammar lacks a part.

    A thought is anybody's text: the expression is believed only where it gives this very design.

    >>> grammar = Grammar()
    >>> str(read(design_of(grammar.parse("direct()")), grammar))
    'direct()'
    """
    _, mark, text = design.thought.rpartition(MARK)
    try:
        tree = grammar.parse(text if mark else "")
        return tree if Design(emit(tree)).id == design.id else None
    except ValueError:
        return None


def structure(tree: Expression) -> str:
    """The blocks and combinators of an expression and where they stand, whatever their slots say.

    >>> structure(Grammar().parse("vote(repeat(direct(temperature=0.8), n=5))"))
    'vote(repeat(direct))'
    """
    return f"{tree.name}({', '.join(map(structure, tree.parts))})" if tree.parts else tree.name


class TreeBook:
    """Expressions by the id of their design, and their structures. No id is entered twice."""

    def __init__(self) -> None:
        self.structures: set[str] = set()
        self._trees: dict[str, Expression] = {}
        self._seen: set[str] = set()

    def note(self, ids: Iterable[str]) -> None:
        """Designs that must not be entered, since the run already holds them."""
        self._seen.update(ids)

    def claim(self, design: Design) -> bool:
        """Take a design whose tree is not known as one's own proposal; whether its id is new."""
        new = design.id not in self._seen
        self._seen.add(design.id)
        return new

    def enter(self, tree: Expression, *, parents: tuple[str, ...] = (), origin: str = "") -> Design | None:
        """The tree's design, or ``None`` where its id was seen before."""
        design = design_of(tree, parents=parents, origin=origin)
        if design.id in self._seen:
            return None
        self._seen.add(design.id)
        self.know([tree])
        return design

    def know(self, trees: Iterable[Expression]) -> None:
        """Trees that others may have proposed: they have a tree here, and may still be entered."""
        for tree in trees:
            self._trees[design_of(tree).id] = tree
            self.structures.add(structure(tree))

    def tree(self, design_id: str) -> Expression | None:
        """The tree behind a design; ``None`` for a design that is not known here."""
        return self._trees.get(design_id)
