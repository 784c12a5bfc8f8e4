"""Designs that the literature knows: where a search of the grammar begins."""

from __future__ import annotations

from collections.abc import Sequence

from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.nodes import (
    Answer,
    Cascade,
    Choose,
    Debate,
    Direct,
    Escalate,
    Filter,
    Found,
    More,
    Panel,
    Parts,
    Program,
    Repair,
    Route,
    Samples,
    Steps,
    Vote,
    WeightedVote,
)
from masdesign.types import SAMPLING_TEMPERATURE

CLASSICS: tuple[Answer, ...] = (
    Vote(Samples(5)),  # self-consistency, arXiv:2203.11171
    Vote(Filter(Samples(5))),  # verify, then vote, arXiv:2110.14168
    WeightedVote(Samples(5), doubt=0.3),  # vote weighted by verdict, arXiv:2206.02336
    Vote(Debate(Samples(3), rounds=1)),  # debate, arXiv:2305.14325
    Repair(Steps(), rounds=2),  # reflexion, arXiv:2303.11366
    Vote(More(Samples(3), n=6)),  # adaptive consistency, arXiv:2305.11860
    Cascade(Steps(), Vote(Samples(5))),  # cascade, arXiv:2305.05176
    Choose(Samples(4)),  # universal self-consistency, arXiv:2311.17311
)

BASELINES: tuple[Answer, ...] = (
    Direct(),
    Steps(),
    Steps(SAMPLING_TEMPERATURE),
    *(Vote(Samples(k)) for k in (3, 5, 9)),
)
"""The baselines of every run, as trees; of one with several models there are more."""


def baselines(grammar: Grammar) -> tuple[Answer, ...]:
    """The baselines of a run, each further model alone among them."""
    return (*BASELINES, *(Steps(model=name) for name in grammar.models))


def classics(grammar: Grammar) -> list[Answer]:
    """The known designs that the grammar admits, programs first where Python is allowed.

    >>> len(classics(Grammar(max_calls=5))) < len(classics(Grammar()))
    True
    """
    apart, whole = Parts(apart=True), Parts()  # answer the parts and merge, arXiv:2210.02406
    programs: tuple[Answer, ...] = (Program(), Cascade(Program(), Vote(Samples(5)))) if grammar.python else ()
    found = tuple(tree for block in grammar.promoted for tree in _on(Found(block)))
    known = (*mixtures(grammar.models), *programs, apart, *found, *CLASSICS, whole)
    return [tree for tree in known if grammar.fits(tree)]


def _on(found: Found) -> tuple[Answer, ...]:
    """Where a search begins with a block that was discovered: it revised, and with a vote where it fails."""
    return (Repair(found), Cascade(found, Vote(Samples(5))))


def mixtures(models: Sequence[str]) -> tuple[Answer, ...]:
    """Known ways to let several models answer together: the default and ``models``, the dearest last.

    >>> mixtures(())
    ()
    """
    if not models:
        return ()
    small, *between, large = (Steps(model=name) for name in ("", *models))
    known: list[Answer] = [
        Escalate(Samples(3), large),  # cascade on low agreement, arXiv:2310.03094
        Cascade(small, large),  # cascade on a low judge, arXiv:2305.05176
        Cascade(small, large, models[-1]),
        Route(40, small, large),  # hybrid by difficulty, arXiv:2404.14618
    ]
    if between:
        known += [Escalate(Panel((small, *between)), large), Vote(Panel((small, *between, large)))]
    return tuple(known)
