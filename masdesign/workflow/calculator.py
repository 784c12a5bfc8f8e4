"""The calculator: arithmetic as a model writes it, and nothing else that Python can do."""

from __future__ import annotations

import ast
import re

from masdesign.syntax import tree_of
from masdesign.workflow.failures import ToolError

_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "**", "$": ""})
_GROUPING = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.UAdd, ast.USub)
_FUNCTIONS = {name: name for name in ("abs", "round", "min", "max")} | {
    name: f"_math.{name}" for name in ("sqrt", "floor", "ceil")
}
_LONGEST = 500


def arithmetic(expression: str) -> str:
    """The expression as a Python program: numbers, brackets, ``+ - * / // % **`` and a few functions.

    Signs that people write for these are understood; commas that group digits are dropped.

    Raises:
        ToolError: it is something else.

    >>> arithmetic("2 × (1,250 − 3)")
    '2 * (1250 - 3)'
    """
    text = _GROUPING.sub("", expression.translate(_SIGNS)).rstrip("= ").strip()
    if len(text) > _LONGEST:
        raise ToolError(f"the calculator takes at most {_LONGEST} characters")
    try:
        program = _program(tree_of(text, "eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ToolError(f"the calculator cannot read {text[:60]!r}") from None
    return f"import math as _math\n{program}" if "_math." in program else program


def _program(tree: ast.Expression) -> str:
    called = {id(node.func): node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not _allowed(node, called):
            raise ToolError(f"the calculator has no {ast.unparse(node)[:60]!r}")
    for function in called.values():
        if isinstance(function, ast.Name):
            function.id = _FUNCTIONS[function.id]
    return ast.unparse(tree)


def _allowed(node: ast.AST, called: dict[int, ast.expr]) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case ast.Call(keywords=[]):
            return isinstance(node.func, ast.Name)
        case ast.Name(id=name):
            return id(node) in called and name in _FUNCTIONS
        case ast.BinOp(op=operator) | ast.UnaryOp(op=operator):
            return isinstance(operator, _OPERATORS)
    return isinstance(node, (ast.Expression, ast.Load, *_OPERATORS))
