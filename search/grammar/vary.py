"""New expressions from old ones: mutation, crossover, simplification.

Every function gives an expression that fits the grammar and differs from what it was given, or ``None``
where a bounded number of tries gave none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from masdesign.search.grammar.combinator import Combinator, Kind
from masdesign.search.grammar.expression import Expression, Form
from masdesign.search.grammar.generate import Grammar

TRIES = 20
LEVELS = 2
"""Levels of a part that is grown anew."""
AIM = 8.0
"""How many times likelier a change falls on a step that has all the blame than on one that has none."""


def mutate(
    tree: Expression, grammar: Grammar, rng: Random, blame: Mapping[str, float] | None = None
) -> Expression | None:
    """``tree`` with one change: a slot, a step put around a part or taken away, a part or a combinator other.

    ``blame`` says by block how often a run departed from right there (`Diagnosis.blame`; of what puts the
    answers of parts together under ``""``): the change falls there the likelier.

    >>> from masdesign.search.grammar.generate import Grammar
    >>> grammar = Grammar()
    >>> tree = grammar.parse("self_consistency()")
    >>> mutate(tree, grammar, Random(1)) != tree
    True
    """
    changes = (_tune, _wrap, _wrap, _unwrap, _regrow, _exchange, _sink)
    places = list(tree.places())
    weights = [1 + AIM * _blamed(node, blame or {}) for _, node in places]

    def change() -> Expression | None:
        path, node = rng.choices(places, weights)[0]
        new = rng.choice(changes)(node, grammar, rng)
        return None if new is None else tree.put(path, new)

    return _first_new(tree, grammar, change)


def _blamed(node: Expression, blame: Mapping[str, float]) -> float:
    return blame.get("" if isinstance(node.form.origin, Combinator) else node.name, 0.0)


def crossover(tree: Expression, other: Expression, grammar: Grammar, rng: Random) -> Expression | None:
    """``tree`` with one of its parts exchanged for a part of ``other`` of the same kind."""

    def exchange() -> Expression | None:
        path, old = rng.choice(list(tree.places()))
        parts = [part for part in other.walk() if part.form.kind == old.form.kind]
        return tree.put(path, rng.choice(parts)) if parts else None

    return _first_new(tree, grammar, exchange)


def simplify(tree: Expression, grammar: Grammar, rng: Random) -> Expression | None:
    """``tree`` with one step taken away or one count lowered."""
    simpler = [each for each in simplifications(tree) if each != tree and grammar.fits(each)]
    return rng.choice(simpler) if simpler else None


def simplifications(tree: Expression) -> Iterator[Expression]:
    """Every tree that is one step shorter, or one count lower.

    >>> from masdesign.search.grammar.generate import Grammar
    >>> [str(each) for each in simplifications(Grammar().parse("extend(direct(), next_step())"))]
    ['direct()']
    """
    for path, node in tree.places():
        for part in node.parts:
            if part.form.kind == node.form.kind:
                yield tree.put(path, part)
        for slot, values in node.form.slots.items():
            lower = [v for v in values if isinstance(v, int) and v < node.value(slot)]
            if lower and not isinstance(node.value(slot), bool):
                yield tree.put(path, node.set(slot, max(lower)))


def _first_new(
    tree: Expression, grammar: Grammar, attempt: Callable[[], Expression | None]
) -> Expression | None:
    for _ in range(TRIES):
        new = attempt()
        new = None if new is None else _settled(new, grammar)
        if new is not None and new != tree and grammar.fits(new):
            return new
    return None


def _settled(tree: Expression, grammar: Grammar) -> Expression:
    """``tree`` with all parts drawn that are asked several times."""
    parts = tuple(_settled(part, grammar) for part in tree.parts)
    return grammar.drawn(Expression(tree.form, parts, tree.slots))


def _tune(node: Expression, grammar: Grammar, rng: Random) -> Expression | None:
    """Another value in one of its slots."""
    if not node.form.slots:
        return None
    slot = rng.choice(list(node.form.slots))
    return node.set(slot, rng.choice(node.form.slots[slot]))


def _wrap(node: Expression, grammar: Grammar, rng: Random) -> Expression | None:
    """A step around it: a combinator of its kind that has it within, one level or two below."""
    return _around(node, node.form.kind, grammar, rng, LEVELS)


def _around(node: Expression, kind: Kind, grammar: Grammar, rng: Random, levels: int) -> Expression | None:
    forms = [form for form in grammar.of_kind(kind) if form.parts]
    for form in _shuffled(forms, grammar, rng):
        for name in rng.sample(list(form.parts), len(form.parts)):
            inner = node if form.parts[name] == node.form.kind else None
            if inner is None and levels > 1:
                inner = _around(node, form.parts[name], grammar, rng, levels - 1)
            if inner is not None:
                return _filled(form, {name: inner}, grammar, rng)
    return None


def _shuffled(forms: Sequence[Form], grammar: Grammar, rng: Random) -> list[Form]:
    """The forms in a random order, the likelier ones rather first (doi:10.1016/j.ipl.2005.11.003)."""
    return sorted(forms, key=lambda form: -(rng.random() ** (1 / grammar.weight(form))))


def _unwrap(node: Expression, grammar: Grammar, rng: Random) -> Expression | None:
    """One of the parts within it in its place."""
    inner = [part for part in node.walk() if part.form.kind == node.form.kind and part is not node]
    return rng.choice(inner) if inner else None


def _sink(node: Expression, grammar: Grammar, rng: Random) -> Expression | None:
    """A step that is around another one done within it instead: what was done to all is done to each part."""
    kind = node.form.kind
    places = [(p, part) for p, part in node.places() if p and part.parts and part.form.kind == kind]
    if not places:
        return None
    path, inner = rng.choice(places)
    deeper = [(p, part) for p, part in inner.places() if p and part.form.kind == kind]
    if not deeper:
        return None
    place, innermost = rng.choice(deeper)
    return inner.put(place, node.put(path, innermost))


def _regrow(node: Expression, grammar: Grammar, rng: Random) -> Expression | None:
    """A new one in its place."""
    return grammar.sprout(rng, node.form.kind, rng.randint(1, LEVELS))


def _exchange(node: Expression, grammar: Grammar, rng: Random) -> Expression | None:
    """The same parts put together by another form, as far as it takes them."""
    form = rng.choice([f for f in grammar.of_kind(node.form.kind) if bool(f.parts) == bool(node.parts)])
    left, kept = list(node.parts), dict[str, Expression]()
    for name, kind in form.parts.items():
        part = next((part for part in left if part.form.kind == kind), None)
        if part is not None:
            left.remove(part)
            kept[name] = part
    slots = dict(node.slots)
    new = _filled(form, kept, grammar, rng)
    for slot in sorted(form.slots.keys() & slots.keys()):
        if new is not None and slots[slot] in form.slots[slot]:
            new = new.set(slot, slots[slot])
    return new


def _filled(form: Form, parts: Mapping[str, Expression], grammar: Grammar, rng: Random) -> Expression | None:
    """The form with these parts, and new ones for the rest."""
    filled = [parts.get(name) or grammar.sprout(rng, kind, LEVELS) for name, kind in form.parts.items()]
    whole = tuple(part for part in filled if part is not None)
    return Expression(form, whole) if len(whole) == len(filled) else None
