"""What is known of a value before the run: its constant, its greatest length, the function that it is."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Value:
    """Upper knowledge of a value; with nothing set, nothing is known."""

    constant: object = None
    length: int | None = None
    """The greatest length of a list."""
    function: ast.FunctionDef | ast.AsyncFunctionDef | None = None
    closure: dict[str, Value] | None = field(default=None, compare=False, repr=False)
    known: bool = False
    """Whether ``constant`` is the value."""
    shared: bool = field(default=False, compare=False)
    """Whether another name may stand for the same list, so that it may grow unseen."""


GROWS = frozenset({"append", "add", "insert", "setdefault"})
"""Methods that make a list, a set or a dict longer by one."""
SPREADS = frozenset({"extend", "update", "appendleft", "extendleft"})
"""Methods that make it longer by the length of what they are given."""

Env = dict[str, Value]
UNKNOWN = Value()


def join(values: Iterable[Value]) -> Value:
    """What holds of a value that is any one of these."""
    several = list(values)
    if not several:
        return UNKNOWN
    if all(v == several[0] for v in several):
        return next((v for v in several if v.shared), several[0])
    lengths = [v.length for v in several]
    most = None if None in lengths else max(n for n in lengths if n is not None)
    return Value(length=most, shared=any(v.shared for v in several))


def share(env: Env, name: str | None = None) -> None:
    """Marks one value, or all, as known by another name too."""
    for key in [name] if name is not None else list(env):
        env[key] = replace(env[key], shared=True)


def forget(env: Env) -> None:
    """Drops what is known of lengths: some list of these has grown, and which is not known."""
    for key, value in env.items():
        if value.length is not None and not value.known:
            env[key] = UNKNOWN


def joined(ends: Iterable[Env]) -> Env:
    """What holds of each name after any one of several ways."""
    reached = list(ends)
    names = {name for env in reached for name in env}
    return {name: join([env[name] for env in reached if name in env]) for name in names}


def kept(elements: list[ast.expr], env: Env) -> None:
    """Marks lists that a container holds: they have another name there."""
    for element in elements:
        if isinstance(element, ast.Name) and element.id in env:
            share(env, element.id)


def operation(op: ast.operator, left: Value, right: Value) -> Value:
    """What is known of a sum, a product …: constants, lengths of lists."""
    a, b = left.constant, right.constant
    if isinstance(a, int) and isinstance(b, int) and max(abs(a), abs(b)) < 10**6:
        match op:
            case ast.Add():
                return Value(constant=a + b, known=True)
            case ast.Sub():
                return Value(constant=a - b, known=True)
            case ast.Mult():
                return Value(constant=a * b, known=True)
            case ast.FloorDiv() if b:
                return Value(constant=a // b, known=True)
    if isinstance(op, ast.Add) and left.length is not None and right.length is not None:
        return Value(length=left.length + right.length)
    if isinstance(op, ast.Mult):
        for sized, count in ((left, b), (right, a)):
            if sized.length is not None and isinstance(count, int):
                return Value(length=sized.length * max(count, 0))
    return UNKNOWN


def range_length(args: list[Value]) -> int | None:
    """The length of a range of known ends."""
    numbers = [a.constant for a in args if isinstance(a.constant, int)]
    if len(numbers) < len(args) or not 1 <= len(numbers) <= 3 or numbers[2:] == [0]:
        return None
    try:
        return len(range(*numbers))
    except OverflowError:
        return None


def method_of(node: ast.AST) -> str:
    """The name of the method that a call calls, or nothing."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def owner_of(node: ast.AST) -> str:
    """The name of the variable whose method a call calls, or nothing."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.value.id if isinstance(node.func.value, ast.Name) else ""
    return ""


def names_stored(node: ast.AST) -> Iterator[str]:
    """The names that the patterns of a match bind."""
    for inner in ast.walk(node):
        if isinstance(inner, (ast.MatchAs, ast.MatchStar)) and inner.name:
            yield inner.name


def names_named(node: ast.AST) -> Iterator[str]:
    """The names that ``:=`` binds in it."""
    return (n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))


def names_from_within(tree: ast.AST) -> frozenset[str]:
    """The names that a function binds for what stands around it: its caller does not see them change."""
    declared = (n.names for n in ast.walk(tree) if isinstance(n, (ast.Global, ast.Nonlocal)))
    return frozenset(name for names in declared for name in names)


def functions_of(tree: ast.AST) -> frozenset[str]:
    """The names of all functions, at whatever depth."""
    names = (n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return frozenset(names)


def names_stored_again(body: Iterable[ast.AST]) -> list[str]:
    """The names that statements bind at more than one place."""
    nodes = (n for statement in body for n in ast.walk(statement) if isinstance(n, ast.Name))
    counts = Counter(n.id for n in nodes if not isinstance(n.ctx, ast.Load))
    return [name for name, count in counts.items() if count > 1]


def lets_grow(node: ast.AST) -> bool:
    """Whether something that it does not bind itself may be longer for its being called."""
    return any(
        method_of(n) in GROWS | SPREADS
        or isinstance(n, ast.AugAssign)
        or (isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store))
        for n in ast.walk(node)
    )
