"""Generate a repository: working modules, faults put into some functions, tests shown and tests hidden."""

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from masdesign.environments.repair.modules import MODULES, Module
from masdesign.syntax import tree_of

SHOWN, HIDDEN = 3, 8
"""Calls of each function that the repository's tests make, and that only the outcome makes."""
RAISED = "raised"
"""Stands for the result of a call that raises."""

Call = tuple[str, str]
"""An expression, and the text (``repr``) of its right value."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A repository with faults."""

    files: dict[str, str]
    """Text by path: modules, and tests under ``tests/``."""
    failing: list[str]
    """Names of the tests that fail."""
    hidden: list[list[str]]
    """Calls, and the text of the right value of each."""
    solution: dict[str, str]
    """The faulty modules as they should be."""


@lru_cache(32)
def make(seed: int, difficulty: int) -> Broken:
    """Return the repository of a seed: difficulty + 1 modules or one more, ``difficulty`` (or 1) faults.

    Takes some 15 ms.
    """
    rng, faults = random.Random(f"repair-{seed}-{difficulty}"), max(1, difficulty)
    modules = rng.sample(MODULES, min(len(MODULES), faults + rng.randint(1, 2)))
    good = {module.name: _fill(module, rng) for module in modules}
    shown = {m.name: _calls(m, good[m.name], rng, SHOWN) for m in modules}
    hidden = {m.name: shown[m.name] + _calls(m, good[m.name], rng, HIDDEN) for m in modules}
    bad = dict(good)
    for number in range(faults):  # one a module, and again from the first where there are more faults
        name = modules[number % len(modules)].name
        bad[name] = _with_fault(bad[name], shown[name], rng)
    failing = [
        f"test_{_function(call)}_{number}"
        for name, calls in shown.items()
        for number, (call, right) in enumerate(calls, 1)
        if _outcomes(bad[name], [(call, right)]) != [right]
    ]
    files = {f"{name}.py": source for name, source in bad.items()}
    files |= {f"tests/test_{name}.py": _test_file(name, calls) for name, calls in shown.items()}
    return Broken(
        files=dict(sorted(files.items())),
        failing=failing,
        hidden=[list(call) for calls in hidden.values() for call in calls],
        solution={f"{name}.py": good[name] for name in good if good[name] != bad[name]},
    )


def _fill(module: Module, rng: random.Random) -> str:
    source = module.source
    for mark, value in (("{a}", rng.randint(3, 9)), ("{b}", rng.randint(5, 15)), ("{c}", rng.randint(4, 9))):
        source = source.replace(mark, str(value))
    return source


def _calls(module: Module, source: str, rng: random.Random, count: int) -> list[Call]:
    """Calls of every function with the values that the source gives."""
    expressions = [
        f"{name}({', '.join(map(repr, draw(rng)))})"
        for name, draw in module.functions.items()
        for _ in range(count)
    ]
    unique = list(dict.fromkeys(expressions))
    return list(zip(unique, _outcomes(source, [(e, "") for e in unique]), strict=True))


def _with_fault(source: str, shown: list[Call], rng: random.Random) -> str:
    """The source with one small change by which at least one of the calls goes wrong that went right."""
    before = _outcomes(source, shown)
    changed = list(_changes(source))
    rng.shuffle(changed)
    for candidate in changed:
        after = _outcomes(candidate, shown)
        wrong = [new != right for new, (_, right) in zip(after, shown, strict=True)]
        was = [old != right for old, (_, right) in zip(before, shown, strict=True)]
        if sum(wrong) > sum(was) and not all(wrong):
            return candidate
    raise AssertionError("every module has a change that its calls notice")


_SWAPS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.Add: ("+", "-"), ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"), ast.FloorDiv: ("//", "%"), ast.Mod: ("%", "//"),
    ast.And: ("and", "or"), ast.Or: ("or", "and"), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"),
}  # fmt: skip


def _changes(source: str) -> Iterator[str]:
    """Every source that differs in one operator or one number, and nowhere else."""
    lines = source.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]

    def place(line: int, column: int) -> int:
        return starts[line - 1] + column

    for node in ast.walk(tree_of(source)):
        operator, left, right = _operator(node)
        if operator in _SWAPS and left and right:
            old, new = _SWAPS[operator]
            begin = place(left.end_lineno or 0, left.end_col_offset or 0)
            end = place(right.lineno, right.col_offset)
            yield source[:begin] + source[begin:end].replace(old, new, 1) + source[end:]
        if isinstance(node, ast.Constant) and type(node.value) is int:
            begin, end = place(node.lineno, node.col_offset), place(node.lineno, node.end_col_offset or 0)
            for other in (node.value + 1, node.value - 1):
                if other >= 0:
                    yield f"{source[:begin]}{other}{source[end:]}"


def _operator(node: ast.AST) -> tuple[type[ast.AST], ast.expr | None, ast.expr | None]:
    """The operator of an expression or statement, and what stands on both sides of it."""
    if isinstance(node, ast.BinOp):
        return type(node.op), node.left, node.right
    if isinstance(node, ast.Compare):
        return type(node.ops[0]), node.left, node.comparators[0]
    if isinstance(node, ast.BoolOp):
        return type(node.op), node.values[0], node.values[1]
    if isinstance(node, ast.AugAssign):
        return type(node.op), node.target, node.value
    return ast.AST, None, None


def _outcomes(source: str, calls: list[Call]) -> list[str]:
    """The value of every call as text. The source is made from our own modules, never from a model's."""
    names: dict[str, object] = {}
    exec(compile(source, "<module>", "exec"), names)  # noqa: S102
    outcomes = []
    for expression, _ in calls:
        try:
            outcomes.append(repr(eval(expression, names)))  # noqa: S307
        except Exception:  # noqa: BLE001 - a changed function may raise anything
            outcomes.append(RAISED)
    return outcomes


def _function(call: str) -> str:
    return call.partition("(")[0]


def _test_file(name: str, calls: list[Call]) -> str:
    functions = sorted({_function(call) for call, _ in calls})
    tests = "".join(
        f"\n\ndef test_{_function(call)}_{number}():\n    assert {call} == {right}\n"
        for number, (call, right) in enumerate(calls, 1)
    )
    return f"from {name} import {', '.join(functions)}\n{tests}"
