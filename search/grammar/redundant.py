"""Steps without effect, which a design must not hold: they cost calls, or a reader's time, for nothing."""

from __future__ import annotations

from masdesign.search.grammar.nodes import (
    ALWAYS,
    Answer,
    Cascade,
    Filter,
    Node,
    Panel,
    Repair,
    Samples,
    Steps,
    Vote,
    WeightedVote,
    walk,
)


def redundant(tree: Answer) -> bool:
    """Whether some step of ``tree`` cannot change its answer, or has a shorter equal.

    >>> redundant(Vote(Filter(Filter(Samples(3)))))
    True
    """
    return any(_without_effect(node) for _, node in walk(tree))


def _without_effect(node: Node) -> bool:
    match node:
        case Vote(Samples(n)):
            return n < 3  # two votes: the first draft wins or both are the same
        case Filter(Filter(_, below)) | WeightedVote(Filter(_, below)):
            return below == ALWAYS  # judged already
        case Repair(Repair()):
            return True  # the same as more rounds
        case Cascade(first, second):
            return first == second
        case Panel(members):
            certain = [member for member in members if not _draws(member)]
            return len(set(certain)) < len(certain)  # temperature 0 gives the same text again
        case _:
            return False


def _draws(leaf: Answer) -> bool:
    return isinstance(leaf, Steps) and leaf.temperature > 0
