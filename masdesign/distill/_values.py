"""What an expression of a design is before any run: a plain value, or `UNKNOWN`; and a condition in words."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

UNKNOWN: Final = object()
"""The value of what only a run can tell."""
GAP = "…"
"""Stands in a text for what only a run can tell."""
_MOST = 64
"""Longer lists are not followed."""

Env = Mapping[str, Any]
_OPERATIONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {"range": range, "len": len, "list": list}


def value_of(node: ast.expr | None, env: Env) -> Any:
    """The value of an expression over constants and the names of ``env``; never raises.

    >>> value_of(ast.parse("roles or [role] * n", mode="eval").body, {"roles": None, "role": "", "n": 2})
    ['', '']
    >>> value_of(ast.parse("len(drafts)", mode="eval").body, {}) is UNKNOWN
    True
    """
    match node:
        case ast.Constant(value):
            return value
        case ast.Name(name):
            return env.get(name, UNKNOWN)
        case ast.List(items) | ast.Tuple(items):
            values = [value_of(item, env) for item in items]
            return UNKNOWN if UNKNOWN in values else values
        case ast.BoolOp(op, parts):
            return _either(parts, isinstance(op, ast.Or), env)
        case ast.BinOp(left, op, right) | ast.Compare(left, [op], [right]):
            return _applied(_OPERATIONS.get(type(op)), [left, right], env)
        case ast.Call(ast.Name(name), args, []):
            return _applied(_FUNCTIONS.get(name), args, env)
        case ast.UnaryOp(ast.Not(), inner):
            value = value_of(inner, env)
            return UNKNOWN if value is UNKNOWN else not value
        case ast.IfExp(test, then, other):
            chosen = value_of(test, env)
            return UNKNOWN if chosen is UNKNOWN else value_of(then if chosen else other, env)
    return UNKNOWN


def text_of(node: ast.expr | None, env: Env) -> str:
    """A text as far as it is known; what is not is `GAP`.

    >>> text_of(ast.parse("f'Mind {rule} and {hint.text}'", mode="eval").body, {"rule": "signs"})
    'Mind signs and …'
    """
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part, env) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return text_of(node.value, env)
    value = value_of(node, env)
    if value is UNKNOWN and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left, env) + text_of(node.right, env)
    return GAP if value is UNKNOWN or value is None else str(value)


def _either(parts: list[ast.expr], is_or: bool, env: Env) -> Any:
    value: Any = UNKNOWN
    for part in parts:
        value = value_of(part, env)
        if value is UNKNOWN or bool(value) is is_or:
            return value
    return value


def _applied(function: Callable[..., Any] | None, parts: list[ast.expr], env: Env) -> Any:
    values = [value_of(part, env) for part in parts]
    if function is None or UNKNOWN in values:
        return UNKNOWN
    if sum(v for v in values if isinstance(v, int)) > _MOST and any(isinstance(v, list) for v in values):
        return UNKNOWN
    try:
        return function(*values)
    except (TypeError, ValueError, OverflowError):
        return UNKNOWN


_LONGEST = 60
_SHARES = {
    ast.Lt: "fewer than", ast.LtE: "at most", ast.Gt: "more than", ast.GtE: "at least"
}  # fmt: skip


def condition(test: ast.expr, env: Mapping[str, Any]) -> str:
    """What a test asks, in words where its form is a usual one; else its code.

    >>> def said(code): return condition(ast.parse(code, mode="eval").body, {})
    >>> said("not verdict.ok"), said("agreement(drafts) >= 0.6")
    ('the check says wrong', 'at least 60 % of the answers agree')
    >>> said("kind == 'hard' and kept")
    'it is "hard" and there is any of `kept`'
    """
    match test:
        case ast.UnaryOp(ast.Not(), ast.Attribute(_, "ok")):
            return "the check says wrong"
        case ast.Attribute(_, "ok"):
            return "the check says right"
        case ast.UnaryOp(ast.Not(), ast.Attribute(_, "text")):
            return "there is no answer"
        case ast.Attribute(_, "text"):
            return "there is an answer"
        case ast.UnaryOp(ast.Not(), ast.Name(name)):
            return f"there is none of `{name}`"
        case ast.Name(name):
            return f"there is any of `{name}`"
        case ast.BoolOp(op, parts):
            return (" and " if isinstance(op, ast.And) else " or ").join(condition(p, env) for p in parts)
        case ast.Compare(ast.Call(ast.Name("agreement" | "lead_confidence")), [op], [share]):
            return _share(op, text_of(share, env))
        case ast.Compare(left, [ast.Eq() as op], [right]) | ast.Compare(left, [ast.NotEq() as op], [right]):
            return _equality(left, right, isinstance(op, ast.Eq))
    return _code(test)


def _share(op: ast.cmpop, share: str) -> str:
    try:
        return f"{_SHARES[type(op)]} {float(share):.0%} of the answers agree".replace("%", " %")
    except (KeyError, ValueError):
        return "the answers agree"


def _equality(left: ast.expr, right: ast.expr, same: bool) -> str:
    for side in (left, right):
        if isinstance(side, ast.Constant) and isinstance(side.value, str):
            return f'it is {"" if same else "not "}"{side.value}"'
    return f"{_code(left)} and {_code(right)} are {'the same' if same else 'different'}"


def _code(node: ast.expr) -> str:
    code = ast.unparse(node)
    return f"`{code if len(code) <= _LONGEST else code[: _LONGEST - 1] + '…'}`"
