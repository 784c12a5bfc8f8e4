"""An expression as a short name and as one sentence."""

from __future__ import annotations

from functools import singledispatch

from masdesign.search.grammar.nodes import (
    ALWAYS,
    Cascade,
    Choose,
    Debate,
    Direct,
    Drafts,
    Filter,
    More,
    Node,
    Panel,
    Program,
    Repair,
    RepairAll,
    Samples,
    Steps,
    Vote,
    WeightedVote,
)
from masdesign.types import SAMPLING_TEMPERATURE


@singledispatch
def name(node: Node) -> str:
    """What the design is, in a few words.

    >>> name(Vote(Filter(Samples(5))))
    'vote of 5 over verified drafts'
    >>> name(Cascade(Direct(), Steps()))
    'direct, else step by step'
    """
    raise TypeError(f"no name for {type(node).__name__}")


@name.register
def _(node: Direct) -> str:
    return "direct"


@name.register
def _(node: Steps) -> str:
    return f"step by step at {node.temperature}" if node.temperature else "step by step"


@name.register
def _(node: Program) -> str:
    return "program"


@name.register
def _(node: Vote) -> str:
    return f"vote of {_group(node.drafts)}"


@name.register
def _(node: WeightedVote) -> str:
    return f"weighted vote of {_group(node.drafts)}, doubt {node.doubt}"


@name.register
def _(node: Choose) -> str:
    return f"choice of {_group(node.drafts)}"


@name.register
def _(node: Repair) -> str:
    return f"{name(node.answer)}, revised" + (f" up to {node.rounds} times" if node.rounds > 1 else "")


@name.register
def _(node: Cascade) -> str:
    return f"{name(node.answer)}, else {name(node.otherwise)}"


def _group(drafts: Drafts) -> str:
    """``5``, ``5 over verified drafts``, or ``5 (4 more below 0.9 agreement)``."""
    size, steps = _parts(drafts)
    if not steps:
        return size
    listed = ", ".join(text + _where(below) for text, below in steps)
    always = all(below == ALWAYS for _, below in steps)
    return f"{size} over {listed} drafts" if always else f"{size} ({listed})"


def _parts(drafts: Drafts) -> tuple[str, list[tuple[str, float]]]:
    """How many drafts there are, and what is done to them, in order, with each step's threshold."""
    match drafts:
        case Samples(n, temperature):
            return (str(n) if temperature == SAMPLING_TEMPERATURE else f"{n} at {temperature}"), []
        case Panel(members):
            return f"a panel ({', '.join(name(member) for member in members)})", []
        case More(inner, n, below):
            step = (f"{n} more", below)
        case Filter(inner, below):
            step = ("verified", below)
        case Debate(inner, rounds, below):
            step = ("debated" + (f" {rounds} times" if rounds > 1 else ""), below)
        case RepairAll(inner, below):
            step = ("revised", below)
        case _:
            raise TypeError(f"no name for {type(drafts).__name__}")
    size, steps = _parts(inner)
    return size, [*steps, step]


def _where(below: float) -> str:
    return "" if below == ALWAYS else f" below {below} agreement"


def thought(node: Node) -> str:
    """How the design works, in one sentence.

    >>> thought(Vote(Filter(Samples(5))))
    'Draws 5 solutions, keeps those judged right, and takes the answer given most often.'
    """
    *steps, last = _clauses(node)
    text = f"{', '.join(steps)}, and {last}." if len(steps) > 1 else " and ".join([*steps, last]) + "."
    return text[0].upper() + text[1:]


def _clauses(node: Node) -> list[str]:
    """What is done, step by step."""
    match node:
        case Vote(drafts):
            return [*_clauses(drafts), "takes the answer given most often"]
        case WeightedVote(drafts, doubt):
            vote = f"counts a draft judged wrong as {doubt} of one judged right in a vote"
            return [*_clauses(drafts), vote]
        case Choose(drafts):
            return [*_clauses(drafts), "asks which is right"]
        case Repair(answer, rounds):
            often = "" if rounds == 1 else f", up to {rounds} times"
            return [*_clauses(answer), f"revises the answer where it is judged wrong{often}"]
        case Cascade(answer, otherwise):
            return [*_clauses(answer), "where that is judged wrong, starts over", *_clauses(otherwise)]
        case Samples(n, temperature):
            heat = "" if temperature == SAMPLING_TEMPERATURE else f" at temperature {temperature}"
            return [f"draws {n} solutions{heat}"]
        case Panel(members):
            return [f"answers in {len(members)} ways ({', '.join(name(member) for member in members)})"]
        case More(inner, n, below):
            return [*_clauses(inner), f"draws {n} more{_where_clause(below)}"]
        case Filter(inner, below):
            return [*_clauses(inner), f"keeps those judged right{_where_clause(below)}"]
        case Debate(inner, rounds, below):
            often = "" if rounds == 1 else f" {rounds} times"
            return [*_clauses(inner), f"shows each the others{often} to reconsider{_where_clause(below)}"]
        case RepairAll(inner, below):
            return [*_clauses(inner), f"revises those judged wrong{_where_clause(below)}"]
        case _:
            return [f"answers {name(node)}"]


def _where_clause(below: float) -> str:
    return "" if below == ALWAYS else f" where they agree less than {below}"
