"""New expressions from old ones: mutation, crossover, simplification.

Every function gives an expression that keeps to the grammar's bound of calls and differs from what
it was given, or ``None`` where a bounded number of tries found none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from random import Random
from typing import Any

from masdesign.search.grammar.generate import DOUBTS, TEMPERATURES, THRESHOLDS, WORDS, Grammar
from masdesign.search.grammar.nodes import (
    ALWAYS,
    Answer,
    Choose,
    Drafts,
    Escalate,
    More,
    Node,
    Panel,
    Repair,
    Vote,
    WeightedVote,
    put,
    walk,
)

TRIES = 20

_NUMBERS: dict[str, tuple[float, ...]] = {
    "temperature": tuple(dict.fromkeys(TEMPERATURES)),
    "below": (ALWAYS, *THRESHOLDS),
    "doubt": DOUBTS,
    "words": WORDS,
    "apart": (False, True),
}
_HEADS: tuple[Callable[[Drafts], Answer], ...] = (Vote, Choose, WeightedVote)


def mutate(tree: Answer, grammar: Grammar, rng: Random) -> Answer | None:
    """``tree`` with one change: a number, a step put in, a step taken out, a part grown anew, or, where
    there are several models, another one for a step.

    >>> from masdesign.search.grammar.nodes import Samples
    >>> mutate(Vote(Samples(3)), Grammar(), Random(1)) != Vote(Samples(3))
    True
    """
    changes = [_tune, _tune, _insert, _insert, _remove, _regrow]
    if grammar.models:
        changes += [_reassign, _reassign]
    return _first_new(tree, grammar, lambda: rng.choice(changes)(tree, grammar, rng))


def crossover(tree: Answer, other: Answer, grammar: Grammar, rng: Random) -> Answer | None:
    """``tree`` with one of its parts exchanged for a part of ``other`` of the same type."""

    def exchange() -> Answer | None:
        path, old = rng.choice(list(walk(tree)))
        kind = Answer if isinstance(old, Answer) else Drafts
        parts = [part for _, part in walk(other) if isinstance(part, kind)]
        return _answer(put(tree, path, rng.choice(parts))) if parts else None

    return _first_new(tree, grammar, exchange)


def simplify(tree: Answer, grammar: Grammar, rng: Random) -> Answer | None:
    """``tree`` with one step removed or one number of calls lowered."""
    simpler = [found for found in simplifications(tree) if found != tree and grammar.fits(found)]
    return rng.choice(simpler) if simpler else None


def simplifications(tree: Answer) -> Iterator[Answer]:
    """Every tree that is one step shorter, or one count lower, than ``tree``.

    >>> from masdesign.search.grammar.nodes import Filter, Samples
    >>> Vote(Samples(3)) in simplifications(Vote(Filter(Samples(3))))
    True
    """
    for path, node in walk(tree):
        for child in _same_type_children(node):
            yield _answer(put(tree, path, child))
        if isinstance(node, Escalate):
            yield _answer(put(tree, path, Vote(node.drafts)))
        for field, lowest in (("n", 2), ("rounds", 1)):
            value = getattr(node, field, lowest)
            if value > lowest:
                yield _answer(put(tree, path, _with(node, field, value - 1)))
        if isinstance(node, Panel) and len(node.members) > 2:
            yield _answer(put(tree, path, Panel(node.members[:-1])))


def _first_new(tree: Answer, grammar: Grammar, attempt: Callable[[], Answer | None]) -> Answer | None:
    for _ in range(TRIES):
        found = attempt()
        if found is not None and found != tree and grammar.fits(found):
            return found
    return None


def _tune(tree: Answer, grammar: Grammar, rng: Random) -> Answer | None:
    """Another value for one of the tree's numbers."""
    places = [
        (path, node, field.name)
        for path, node in walk(tree)
        for field in fields(node)
        if field.name in _NUMBERS or field.name in ("n", "rounds")
    ]
    if not places:
        return None
    path, node, name = rng.choice(places)
    if name == "temperature" and not getattr(node, name):
        return None
    if name in _NUMBERS:
        value: float = rng.choice(_NUMBERS[name])
        if name == "below" and isinstance(node, More | Escalate) and value == ALWAYS:
            return None
    else:
        value = max(1 if name == "rounds" else 2, getattr(node, name) + rng.choice((-2, -1, 1, 2)))
    return _answer(put(tree, path, _with(node, name, value)))


def _insert(tree: Answer, grammar: Grammar, rng: Random) -> Answer | None:
    """One more step somewhere: on a list of drafts, or a revision of an answer."""
    path, node = rng.choice(list(walk(tree)))
    if isinstance(node, Drafts):
        return _answer(put(tree, path, grammar.step(rng, node)))
    return _answer(put(tree, path, grammar.by(rng, Repair(node))))


def _remove(tree: Answer, grammar: Grammar, rng: Random) -> Answer | None:
    """One step taken out, its input put in its place."""
    places = [(path, child) for path, node in walk(tree) for child in _same_type_children(node)]
    if not places:
        return None
    path, child = rng.choice(places)
    return _answer(put(tree, path, child))


def _regrow(tree: Answer, grammar: Grammar, rng: Random) -> Answer | None:
    """One part grown anew."""
    path, node = rng.choice(list(walk(tree)))
    if isinstance(node, Drafts):
        return _answer(put(tree, path, grammar.grow_drafts(rng, grammar.max_calls // 2)))
    drafts = [part for _, part in walk(node) if isinstance(part, Drafts)]
    if drafts and rng.random() < 0.5:
        return _answer(put(tree, path, rng.choice(_HEADS)(drafts[0])))
    return _answer(put(tree, path, grammar.grow(rng)))


def _reassign(tree: Answer, grammar: Grammar, rng: Random) -> Answer | None:
    """Another model for one of the steps that ask one."""
    places = [(path, node) for path, node in walk(tree) if hasattr(node, "model") or isinstance(node, Panel)]
    if not places:
        return None
    path, node = rng.choice(places)
    if not isinstance(node, Panel):
        return _answer(put(tree, path, grammar.by(rng, node)))
    members, seat = list(node.members), rng.randrange(len(node.members))
    members[seat] = grammar.by(rng, members[seat])
    return _answer(put(tree, path, Panel(tuple(members))))


def _same_type_children(node: Node) -> list[Node]:
    kind = Answer if isinstance(node, Answer) else Drafts
    children = (getattr(node, field.name) for field in fields(node))
    return [child for child in children if isinstance(child, kind)]


def _with(node: Node, field: str, value: Any) -> Node:
    return replace(node, **{field: value})


def _answer(node: Node) -> Answer:
    if not isinstance(node, Answer):
        raise TypeError("a design is an answer expression")
    return node
