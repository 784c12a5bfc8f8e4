"""Steps without effect, which a design must not hold: they cost calls, or a reader's time, for nothing."""

from __future__ import annotations

from masdesign.search.grammar.calls import width
from masdesign.search.grammar.nodes import (
    ALWAYS,
    Answer,
    Cascade,
    Direct,
    Drafts,
    Escalate,
    Filter,
    Found,
    Node,
    Panel,
    Parts,
    Program,
    Repair,
    Route,
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
        case Vote(Panel((_, _) as members)) if any(_model(member) for member in members):
            return True  # of two, the first wins
        case Filter(Filter(_, below)) | WeightedVote(Filter(_, below)):
            return below == ALWAYS  # judged already
        case Repair(Repair()):
            return True  # the same as more rounds
        case Cascade():
            return _repeats(_leads(node))
        case Escalate(drafts, _, below):
            return below * width(drafts) <= 1 or _repeats(_leads(node))
        case Route(words, short, long):
            return short == long or isinstance(short, Route) or _lengthens(words, short, long)
        case Panel(members):
            return _repeats(list(members))
        case _:
            return False


def _leads(node: Node) -> list[Answer]:
    """The single answers that a cascade tries one after another."""
    match node:
        case Cascade(first, second):
            return _leads(first) + _leads(second)
        case Escalate(drafts, otherwise):
            return _certain(drafts) + _leads(otherwise)
        case Repair(answer):
            return _leads(answer)
        case Direct() | Steps() | Program() | Parts() | Found():
            return [node]
        case _:
            return []


def _repeats(leaves: list[Answer]) -> bool:
    """Whether one comes again that gives the same text again, since it draws nothing."""
    certain = [leaf for leaf in leaves if not _draws(leaf)]
    return len(set(certain)) < len(certain)


def _certain(drafts: Drafts) -> list[Answer]:
    return list(drafts.members) if isinstance(drafts, Panel) else []


def _lengthens(words: int, short: Answer, long: Answer) -> bool:
    """Whether a route goes on to another in vain: of routes, only a rising chain of two is of use."""
    if not isinstance(long, Route):
        return False
    return long.words <= words or long.short == short or isinstance(long.long, Route)


def _model(leaf: Answer) -> str:
    return str(getattr(leaf, "model", ""))


def _draws(leaf: Answer) -> bool:
    return float(getattr(leaf, "temperature", 0.0)) > 0
