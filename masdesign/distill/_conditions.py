"""A condition of a design in words."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from masdesign.distill._values import text_of

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
