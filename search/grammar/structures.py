"""Structures: which blocks and combinators stand where in a design, whatever their slots say.

What a structure is worth is known after a few items; what its slots and wordings are worth is a matter of
many. So each is tried once, as plain as can be, before any is tried in another way.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from math import exp, sqrt
from random import Random

from masdesign.archive.view import ArchiveView
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.slots import cut_down
from masdesign.search.grammar.tree import TreeBook, structure

DRAWS = 1500
"""Random expressions among which the structures that come up most are the next."""
ERRORS = 3.0
"""Standard errors by which a design stands out from the plain ways to answer."""
DOUBT = 4.0
"""Designs of the mean score that are added to those with a form, before they say what it is worth."""
SHARPNESS = 10.0
"""How fast a form grows likelier with what it gains in score."""
MOST = 8.0
"""Largest ratio between the weight of a form that helped and that of one that did not."""


def untried(
    grammar: Grammar, book: TreeBook, rng: Random, weights: Mapping[str, float] | None = None
) -> Iterator[Expression]:
    """Structures that are not in ``book``, the likelier first, with all slots as usual.

    How likely is the grammar's own measure, times ``weights`` by form or by ``form>part``: what has few parts
    before what has many, and what uses what the task has before what does not. They are counted in a
    sample, so that another seed takes them in a slightly other order. None is left where a sample holds
    nothing new.

    >>> grammar = Grammar(tools=("retrieval",), passages=True)
    >>> first = untried(grammar, TreeBook(), Random(0))
    >>> [structure(next(first)) for _ in range(2)]
    ['chain_of_thought', 'direct']
    """
    drawn: defaultdict[str, list[Expression]] = defaultdict(list)
    for tree in grammar.sample(rng, DRAWS, weights):
        drawn[structure(tree)].append(tree)
    for name, alike in sorted(drawn.items(), key=lambda one: -len(one[1])):
        plain = cut_down(grammar.plain(alike[0]), grammar) if name not in book.structures else None
        if plain is not None and structure(plain) not in book.structures:
            yield plain


def stands_out(view: ArchiveView) -> bool:
    """Whether a design does better than every plain way to answer, by more than chance does.

    >>> from masdesign.archive.view import Entry
    >>> from masdesign.workflow import Design
    >>> plain = Entry(Design("a", origin="baseline"), 0.1, 90.0, 200, None, "complete")
    >>> better = Entry(Design("b"), 0.5, 90.0, 24, None, "screened")
    >>> stands_out(ArchiveView((plain,))), stands_out(ArchiveView((plain, better)))
    (False, True)
    """
    scored = [entry for entry in view.entries if entry.score is not None and entry.items]
    plain = max((e.score or 0.0 for e in scored if e.design.origin == "baseline"), default=0.0)
    spread = sqrt(max(plain * (1 - plain), 0.05))
    return any(
        (e.score or 0.0) - plain > ERRORS * spread / sqrt(e.items)
        for e in scored
        if e.design.origin != "baseline"
    )


def learnt(view: ArchiveView, book: TreeBook) -> dict[str, float]:
    """How much likelier each form, and each form as a part of another, is taken for what it came to so far.

    Those that stand in designs above the mean score are likelier, by what they gain (a weighted majority of
    experts, doi:10.1006/inco.1994.1009); what is little known is as likely as ever.
    """
    trees = [(book.tree(e.design.id), e.shrunk) for e in view.entries if e.score is not None]
    scored = [(tree, score) for tree, score in trees if tree is not None and score is not None]
    mean = sum(score for _, score in scored) / len(scored) if scored else 0.0
    gains, counts = defaultdict[str, float](float), Counter[str]()
    for tree, score in scored:
        for name in dict.fromkeys(_features(tree)):
            gains[name] += score - mean
            counts[name] += 1
    return {
        name: min(MOST, max(1 / MOST, exp(SHARPNESS * gain / (counts[name] + DOUBT))))
        for name, gain in gains.items()
    }


def _features(tree: Expression) -> Iterator[str]:
    for each in tree.walk():
        yield each.name
        yield from (f"{each.name}>{part.name}" for part in each.parts)
