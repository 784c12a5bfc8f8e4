"""Which expressions the models of a run can play, where one of them answers some prompts only."""

from __future__ import annotations

from collections.abc import Mapping

from masdesign.lm import Repertoire
from masdesign.search.grammar.nodes import (
    Answer,
    Cascade,
    Choose,
    Debate,
    Direct,
    Filter,
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
    WeightedVote,
    children,
    parts_of,
)

TEMPLATES: Mapping[type[Node], tuple[str, ...]] = {
    Direct: ("direct",),
    Steps: ("chain_of_thought",),
    Program: ("write_program",),
    Parts: ("split_question", "chain_of_thought", "merge_answers"),
    Samples: ("chain_of_thought",),
    More: ("chain_of_thought",),
    WeightedVote: ("verify",),
    Choose: ("choose",),
    Repair: ("verify", "revise"),
    RepairAll: ("verify", "revise"),
    Cascade: ("verify",),
    Filter: ("verify",),
    Debate: ("debate_round",),
}
"""The templates that a step itself asks with, of its ``model``."""


def playable(tree: Answer, repertoires: Mapping[str, Repertoire]) -> bool:
    """Whether every model answers all that ``tree`` asks of it; ``repertoires`` are by name.

    A model with one answer to a question is asked for it in one way only: step by step, at
    temperature 0. Whatever else might be asked would bring the same text.

    >>> one = {"": Repertoire(frozenset({"chain_of_thought"}), draws=1)}
    >>> playable(Steps(), one), playable(Cascade(Steps(), Steps(model="large")), one)
    (True, False)
    """
    return all(
        all(_answers(part, name, known) for part in parts_of(tree)) and draws(tree, name) <= known.draws
        for name, known in repertoires.items()
    )


def draws(node: Node, model: str) -> int:
    """The most solutions that ``model`` is asked for on one item."""
    match node:
        case Route(_, short, long):
            return max(draws(short, model), draws(long, model))
        case Panel(members):
            return sum(draws(member, model) for member in members)
        case Samples() | More():
            own = node.n if node.model == model else 0
        case Direct() | Steps():
            own = int(node.model == model)
        case _:
            own = 0
    return own + sum(draws(child, model) for child in children(node))


def _answers(node: Node, name: str, known: Repertoire) -> bool:
    if getattr(node, "model", None) != name:
        return True
    warm = float(getattr(node, "temperature", 0.0)) > 0
    if known.draws == 1 and (warm or isinstance(node, Direct)):
        return False
    return known.templates.issuperset(TEMPLATES[type(node)])
