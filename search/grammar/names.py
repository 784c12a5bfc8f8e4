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
    Escalate,
    Filter,
    Found,
    More,
    Node,
    Panel,
    Parts,
    Program,
    Repair,
    RepairAll,
    Route,
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
    return f"direct{_on(node.model)}"


@name.register
def _(node: Steps) -> str:
    heat = f" at {node.temperature}" if node.temperature else ""
    return f"step by step{heat}{_on(node.model)}"


@name.register
def _(node: Found) -> str:
    return node.block.name.replace("_", " ")


@name.register
def _(node: Parts) -> str:
    heat = f" at {node.temperature}" if node.temperature else ""
    return f"{node.n} parts{', each with its own passages' if node.apart else ''}{heat}{_on(node.model)}"


@name.register
def _(node: Program) -> str:
    return f"program{_on(node.model)}"


@name.register
def _(node: Vote) -> str:
    return f"vote of {_group(node.drafts)}"


@name.register
def _(node: WeightedVote) -> str:
    return f"weighted vote of {_group(node.drafts)}, doubt {node.doubt}{_judged(node.model)}"


@name.register
def _(node: Choose) -> str:
    return f"choice{_as(node.model)} of {_group(node.drafts)}"


@name.register
def _(node: Repair) -> str:
    often = f" up to {node.rounds} times" if node.rounds > 1 else ""
    return f"{name(node.answer)}, revised{_as(node.model)}{often}"


@name.register
def _(node: Cascade) -> str:
    return f"{name(node.answer)}{_judged(node.model)}, else {name(node.otherwise)}"


@name.register
def _(node: Escalate) -> str:
    return f"vote of {_group(node.drafts)}, below {node.below} agreement {name(node.otherwise)}"


@name.register
def _(node: Route) -> str:
    return f"{name(node.short)} below {node.words} words, else {name(node.long)}"


def _on(model: str) -> str:
    return f" on {model}" if model else ""


def _as(model: str) -> str:
    return f" by {model}" if model else ""


def _judged(model: str) -> str:
    return f", judged by {model}" if model else ""


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
        case Samples(n, temperature, model):
            heat = "" if temperature == SAMPLING_TEMPERATURE else f" at {temperature}"
            return f"{n}{heat}{_on(model)}", []
        case Panel(members):
            return f"a panel ({', '.join(name(member) for member in members)})", []
        case More(inner, n, below, model):
            step = (f"{n} more{_on(model)}", below)
        case Filter(inner, below, model):
            step = (f"verified{_as(model)}", below)
        case Debate(inner, rounds, below, model):
            step = (f"debated{_as(model)}" + (f" {rounds} times" if rounds > 1 else ""), below)
        case RepairAll(inner, below, model):
            step = (f"revised{_as(model)}", below)
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
        case WeightedVote(drafts, doubt, model):
            vote = f"counts a draft judged wrong{_as(model)} as {doubt} of one judged right in a vote"
            return [*_clauses(drafts), vote]
        case Choose(drafts, model):
            return [*_clauses(drafts), f"asks{' ' + model if model else ''} which is right"]
        case Repair(answer, rounds, model):
            often = "" if rounds == 1 else f", up to {rounds} times"
            return [*_clauses(answer), f"revises the answer where it is judged wrong{_as(model)}{often}"]
        case Cascade(answer, otherwise, model):
            judged = f"where that is judged wrong{_as(model)}, starts over"
            return [*_clauses(answer), judged, *_clauses(otherwise)]
        case Escalate(drafts, otherwise, below):
            doubted = f"takes the answer given most often unless fewer than {below:.0%} agree"
            return [*_clauses(drafts), doubted, f"then {', '.join(_clauses(otherwise))}"]
        case Route(words, short, long):
            brief = f"where the question has fewer than {words} words, {', '.join(_clauses(short))}"
            return [brief, f"otherwise {', '.join(_clauses(long))}"]
        case Parts(n, apart, temperature, model):
            heat = f" at temperature {temperature}" if temperature else ""
            seen = " from its own passages alone" if apart else ""
            split = f"splits the question into at most {n} parts{heat}{_on(model)}"
            return [split, f"answers each{seen}", "merges the answers"]
        case Samples(n, temperature, model):
            heat = "" if temperature == SAMPLING_TEMPERATURE else f" at temperature {temperature}"
            return [f"draws {n} solutions{heat}{_on(model)}"]
        case Panel(members):
            return [f"answers in {len(members)} ways ({', '.join(name(member) for member in members)})"]
        case More(inner, n, below, model):
            return [*_clauses(inner), f"draws {n} more{_on(model)}{_where_clause(below)}"]
        case Filter(inner, below, model):
            return [*_clauses(inner), f"keeps those judged right{_as(model)}{_where_clause(below)}"]
        case Debate(inner, rounds, below, model):
            often = "" if rounds == 1 else f" {rounds} times"
            shown = f"shows each the others{often} to reconsider{_on(model)}"
            return [*_clauses(inner), f"{shown}{_where_clause(below)}"]
        case RepairAll(inner, below, model):
            return [*_clauses(inner), f"revises those judged wrong{_as(model)}{_where_clause(below)}"]
        case _:
            return [f"answers {name(node)}"]


def _where_clause(below: float) -> str:
    return "" if below == ALWAYS else f" where they agree less than {below}"
