"""The most calls that an expression can make on one item."""

from __future__ import annotations

from functools import singledispatch

from masdesign.search.grammar.nodes import (
    Cascade,
    Choose,
    Debate,
    Drafts,
    Escalate,
    Filter,
    Found,
    More,
    Node,
    Panel,
    Parts,
    Repair,
    RepairAll,
    Route,
    Samples,
    Vote,
    WeightedVote,
)


@singledispatch
def calls(node: Node) -> int:
    """An upper bound on the completions that one item can cost.

    >>> calls(Vote(Filter(Samples(5))))
    10
    """
    return 1


@singledispatch
def width(drafts: Drafts) -> int:
    """The most drafts that the expression can give.

    >>> width(More(Samples(3), n=4))
    7
    """
    return width(drafts.drafts)  # type: ignore[attr-defined]  # every other kind wraps drafts


@width.register
def _(drafts: Samples) -> int:
    return drafts.n


@width.register
def _(drafts: Panel) -> int:
    return len(drafts.members)


@width.register
def _(drafts: More) -> int:
    return width(drafts.drafts) + drafts.n


@calls.register
def _(node: Found) -> int:
    return node.block.calls


@calls.register
def _(node: Parts) -> int:
    return (2 * node.n if node.apart else node.n) + 2


@calls.register
def _(node: Samples) -> int:
    return node.n


@calls.register
def _(node: Panel) -> int:
    return sum(calls(member) for member in node.members)


@calls.register
def _(node: More) -> int:
    return calls(node.drafts) + node.n


@calls.register
def _(node: Filter) -> int:
    return calls(node.drafts) + width(node.drafts)


@calls.register
def _(node: Debate) -> int:
    return calls(node.drafts) + node.rounds * width(node.drafts)


@calls.register
def _(node: RepairAll) -> int:
    return calls(node.drafts) + 2 * width(node.drafts)


@calls.register
def _(node: Vote) -> int:
    return calls(node.drafts)


@calls.register
def _(node: WeightedVote) -> int:
    return calls(node.drafts) + width(node.drafts)


@calls.register
def _(node: Choose) -> int:
    return calls(node.drafts) + 1


@calls.register
def _(node: Repair) -> int:
    return calls(node.answer) + 2 * node.rounds


@calls.register
def _(node: Cascade) -> int:
    return calls(node.answer) + 1 + calls(node.otherwise)


@calls.register
def _(node: Escalate) -> int:
    return calls(node.drafts) + calls(node.otherwise)


@calls.register
def _(node: Route) -> int:
    return max(calls(node.short), calls(node.long))
