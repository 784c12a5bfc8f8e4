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
