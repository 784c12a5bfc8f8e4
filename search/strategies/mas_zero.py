"""MAS-Zero as a workflow: a question is split, solved in parts, reflected on and verified, without labels."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import ClassVar

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.grammar.combinator import Pieces, kind_of
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.vary import crossover, mutate
from masdesign.search.strategies._growing import Breeding, Child
from masdesign.search.strategy import Setting

FOUNDERS = 16
"""Designs before the first that changes a good one."""
TOURNAMENT = 4
"""Contestants for being changed; the best of them is."""
CROSSOVER = 0.25
"""Share of the later designs that two have for parents."""
PIECES = kind_of(Pieces)

STEPS = (
    "split_question",
    "merge_answers",
    "retrieve",
    "focus",
    "chain_of_thought",
    "direct",
    "self_consistency",
)
CHECKS = ("verify", "revise", "choose")
_SPLITS = ("each", "in_order")
_SOLVES = (
    "chain_of_thought()",
    "select(retrieve(), chain_of_thought())",
    "self_consistency(n=3)",
    "repair(chain_of_thought(), verify(), revise())",
)
_FINALS = (
    "{}",
    "vote(trio({}, chain_of_thought(), direct()))",
    "pick(pair({}, chain_of_thought()), choose())",
    "weigh(pair({}, chain_of_thought()), verify())",
)


class MasZero(Breeding):
    """Proposes workflows that design for each question anew: split, solve, reflect, verify; no labels.

    Each is MAS-Zero's procedure as one design: the model splits the question; each part goes to a block,
    alone or in sight of the answers before it, from passages of its own or all; a part that the model judges
    wrong is corrected; the last word has the merged answer, a vote, a choice, or the model's own verdicts
    beside blocks on the whole question. What is varied is how each of these is done. Within a question no
    label is used, so that the winner works as it is on questions whose answers nobody has; which variant is
    best is chosen on val, as for every strategy. ``masdesign solve`` does the same for one question, with as
    many rounds of reflection as it takes.

    Where ours departs. The paper's designer is a large model that is called in every round of every
    question; here the rounds are written out within the bound of calls an item, and need none. A verdict
    that cannot be read has a part corrected or lowers a vote's weight, and never strikes an answer out: the
    paper's code counted what nobody had scored as wrong.

    Reference: Z. Ke et al. 2025, MAS-ZERO: Designing Multi-Agent Systems with Zero Supervision,
    arXiv:2505.14996.
    """

    name: ClassVar[str] = "mas_zero"
    reference: ClassVar[str] = "arXiv:2505.14996"

    founders: ClassVar[int] = FOUNDERS

    def __init__(self, setting: Setting) -> None:
        given = setting.grammar
        blocks = [name for name in (*STEPS, *CHECKS) if not given.only or name in given.only]
        self._grammar = replace(given, only=blocks)
        super().__init__(setting)

    def first(self) -> list[Expression]:
        """Procedures at random."""
        trees = list(self._grammar.known(procedures()))
        return self.setting.rng.sample(trees, min(FOUNDERS, len(trees)))

    def strangers(self, view: ArchiveView) -> Iterator[Expression]:
        """None: what is not one of the procedures is not bred from them."""
        return iter(())

    def parents(self, view: ArchiveView) -> list[Entry]:
        """The procedures that ran."""
        return [e for e in view.entries if e.score is not None and self._is_ours(e)]

    def child(self, parents: Sequence[Entry]) -> Child:
        """A procedure with a step done otherwise, or one of another's; ``None`` where it splits no more."""
        if not parents:
            return None, ()
        parent, other = self._parent(parents), self._parent(parents)
        rng, tree = self.setting.rng, self.tree(parent)
        if rng.random() < CROSSOVER and other is not parent:
            new = crossover(tree, self.tree(other), self._grammar, rng)
            return _splitting(new), (parent.design.id, other.design.id)
        return _splitting(mutate(tree, self._grammar, rng)), (parent.design.id,)

    def _is_ours(self, entry: Entry) -> bool:
        tree = self._book.tree(entry.design.id)
        return tree is not None and _splitting(tree) is not None and self._grammar.fits(tree)

    def _parent(self, parents: Sequence[Entry]) -> Entry:
        contestants = self.setting.rng.sample(parents, min(TOURNAMENT, len(parents)))
        return self.setting.objective.order(contestants)[0]


def _splitting(tree: Expression | None) -> Expression | None:
    splits = tree is not None and any(part.form.kind == PIECES for part in tree.walk())
    return tree if splits else None


def procedures() -> Iterator[str]:
    """Every procedure to begin with, as expressions.

    >>> next(procedures())
    'merge(each(split_question(n=2), chain_of_thought(), most=2), merge_answers())'
    """
    for n, split, solve, final in product((2, 3, 4), _SPLITS, _SOLVES, _FINALS):
        yield final.format(f"merge({split}(split_question(n={n}), {solve}, most={n}), merge_answers())")
