"""A design as named choices, for samplers that know names and numbers alone."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from masdesign.search.grammar.combinator import SOLVER, Kind
from masdesign.search.grammar.expression import Expression, Slot
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.vary import simplifications

LEVELS = 2
"""Levels of combinators; whatever is deeper is as shallow as can be."""


class Choices(Protocol):
    """Where the choices come from: an Optuna trial is one."""

    def suggest_categorical(self, name: str, choices: Sequence[Slot]) -> Slot:
        """One of ``choices``."""
        ...


def assemble(choices: Choices, grammar: Grammar, kind: Kind = SOLVER, path: str = "") -> Expression:
    """The design that the choices come to; it may be above the grammar's bound of calls.

    A choice is named by the combinators that lead to it (``vote.keep.judge``), so that what is learnt of a
    part is what it does in that place. The deeper, the fewer combinators: what may be chosen under a name
    is always the same.
    """
    forms, deep = grammar.of_kind(kind), path.count(".") > 2 * LEVELS
    leaves, composed = [f for f in forms if not f.parts], [f for f in forms if f.parts]
    if deep:
        composed = [f for f in composed if all(map(grammar.is_leaf, f.parts.values()))] or composed
    made = "block" if leaves else "combinator"
    if leaves and composed and not deep:
        made = str(choices.suggest_categorical(f"{path} made of", ("block", "combinator")))
    few = leaves if made == "block" else composed
    chosen = str(choices.suggest_categorical(f"{path} {made}", [form.name for form in few]))
    form = grammar.forms[chosen]
    here = f"{path}.{chosen}" if path else chosen
    parts = tuple(assemble(choices, grammar, part, f"{here}.{name}") for name, part in form.parts.items())
    expression = Expression(form, parts)
    for slot, values in form.slots.items():
        expression = expression.set(slot, choices.suggest_categorical(f"{here} {slot}", values))
    return grammar.settled(grammar.drawn(expression))


def choices_of(tree: Expression, grammar: Grammar) -> Mapping[str, Slot] | None:
    """The choices that `assemble` makes ``tree`` of; ``None`` where there are none that do.

    >>> grammar = Grammar()
    >>> dict(choices_of(grammar.parse("direct()"), grammar))[" block"]
    'direct'
    """
    choices = _Known(tree)
    try:
        return choices.made if assemble(choices, grammar) == tree else None
    except KeyError:
        return None


class _Known:
    """Makes the choices that lead to an expression, and writes them down."""

    def __init__(self, tree: Expression) -> None:
        self._known: dict[str, Slot] = {}
        self.made: dict[str, Slot] = {}
        self._learn(tree, "")

    def _learn(self, tree: Expression, path: str) -> None:
        made = "combinator" if tree.parts else "block"
        here = f"{path}.{tree.name}" if path else tree.name
        self._known |= {f"{path} made of": made, f"{path} {made}": tree.name}
        self._known |= {f"{here} {slot}": tree.value(slot) for slot in tree.form.slots}
        for name, part in zip(tree.form.parts, tree.parts, strict=True):
            self._learn(part, f"{here}.{name}")

    def suggest_categorical(self, name: str, choices: Sequence[Slot]) -> Slot:
        """The choice that leads there; raises KeyError where none does."""
        value = self._known[name]
        if value not in choices:
            raise KeyError(name)
        self.made[name] = value
        return value


def cut_down(tree: Expression, grammar: Grammar) -> Expression | None:
    """``tree`` made smaller, one step or count at a time, until it fits; ``None`` where nothing is left.

    >>> grammar = Grammar(max_calls=12)
    >>> str(cut_down(grammar.parse("weighted_vote(n=9)"), grammar))
    'weighted_vote(n=6)'
    """
    if tree not in grammar.cut_down:
        smaller: Expression | None = tree
        while smaller is not None and not grammar.fits(smaller):
            smaller = max(simplifications(smaller), key=grammar.least_calls, default=None)  # the least change
        grammar.cut_down[tree] = smaller
    return grammar.cut_down[tree]
