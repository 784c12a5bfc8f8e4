"""Designs that lessons of other tasks speak for: what a search tries before all else."""

from collections.abc import Iterable, Mapping

from masdesign.archive.insight import Insight
from masdesign.experiments.baselines import step_by_step
from masdesign.search.grammar.classics import baselines, classics
from masdesign.search.grammar.combinator import SOLVER
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.insights.features import features
from masdesign.search.insights.library import ASKS
from masdesign.workflow import Design

MOST = 2
"""Designs that are tried first, at most."""
NEAR = 0.5
"""Share of the best one's expected gain that another must have to be tried with it."""


def promising(grammar: Grammar, insights: Iterable[Insight]) -> list[Expression]:
    """The designs with the highest expected gain over step by step, best first; none where none is above 0.

    Looked at are each block alone and what the literature knows, as far as there are lessons of its blocks.
    Expected is the sum of what the lessons say of the features in which a design differs from step by step:
    the linear model by which they were distilled.

    >>> from masdesign.archive.insight import Evidence
    >>> lesson = Insight("sums", "abacus", "asks isolate", Evidence.of(0.3))
    >>> [str(tree) for tree in promising(Grammar(), [lesson])], promising(Grammar(), [])
    (['isolate()'], [])
    """
    gains = {insight.what: insight.evidence.gain for insight in insights}
    if not gains:
        return []
    plain = {design_of(tree).id for tree in baselines(grammar)}
    alone = grammar.known(f"{form.name}()" for form in grammar.of_kind(SOLVER) if not form.parts)
    designs = {design_of(tree): tree for tree in (*alone, *classics(grammar))}
    expected = {tree: _expected(design, gains) for design, tree in designs.items() if design.id not in plain}
    best = max(expected.values(), default=0.0)
    ordered = sorted(expected, key=lambda tree: -expected[tree])
    return [tree for tree in ordered if expected[tree] > 0 and expected[tree] >= NEAR * best][:MOST]


def _expected(design: Design, gains: Mapping[str, float]) -> float:
    own, plain = features(design), features(step_by_step())
    added, removed = own - plain, plain - own
    if any(name.startswith(ASKS) and name not in gains for name in added):
        return 0.0
    return sum(gains.get(name, 0.0) for name in added) - sum(gains.get(name, 0.0) for name in removed)
