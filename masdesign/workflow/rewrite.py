"""Mechanical rewrites of what the interpreter lacks and plain Python can say otherwise.

next(x for x in xs)     →  next(iter([x for x in xs]))
max(d, key=d.get)       →  max(d, key=lambda *v: d.get(*v))
map(str.strip, xs)      →  map(lambda v: v.strip(), xs)
del d[k]; del xs[a:b]   →  d.pop(k); xs[a:b] = []
del name                →  name = None
"""

import ast
import builtins
from collections.abc import Mapping
from typing import TypeGuard

from masdesign.workflow.static_types import unparsed

_TYPES = frozenset(n for n in dir(builtins) if isinstance(getattr(builtins, n), type))
_TAKES_FUNCTION = frozenset({"map", "filter", "reduce"})


def rewrite(source: str, tree: ast.Module) -> tuple[str, Mapping[int, int]]:
    """The source as the interpreter can run it, and the line of the original for each of its lines.

    A source that needs no rewrite comes back as it is. ``tree`` may be changed.
    """
    rewriter = _Rewriter()
    changed = rewriter.visit(tree)
    if not rewriter.changed:
        return source, {n: n for n in range(1, source.count("\n") + 2)}
    return unparsed(changed)


class _Rewriter(ast.NodeTransformer):
    def __init__(self) -> None:
        self.changed = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "next" and node.args:
            node.args[0] = self._iterator(node.args[0])
        for keyword in node.keywords:
            if keyword.arg == "key":
                keyword.value = self._function(keyword.value)
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in _TAKES_FUNCTION and node.args:
            node.args[0] = self._function(node.args[0])
        return node

    def visit_Delete(self, node: ast.Delete) -> list[ast.stmt]:
        self.changed = True
        return [ast.copy_location(_deletion(target), node) for target in node.targets]

    def _iterator(self, node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.GeneratorExp):
            return node
        self.changed = True
        listed = ast.copy_location(ast.ListComp(node.elt, node.generators), node)
        return _locate(ast.Call(ast.Name("iter", ast.Load()), [listed], []), node)

    def _function(self, node: ast.expr) -> ast.expr:
        """A bound method as a value becomes a lambda that calls it."""
        if not isinstance(node, ast.Attribute):
            return node
        self.changed = True
        if _is_type(node.value):
            return _locate(
                _lambda("v", ast.Attribute(ast.Name("v", ast.Load()), node.attr, ast.Load()), []), node
            )
        star: list[ast.expr] = [ast.Starred(ast.Name("v", ast.Load()), ast.Load())]
        return _locate(_lambda("*v", node, star), node)


def _is_type(node: ast.expr) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and node.id in _TYPES


def _lambda(parameter: str, function: ast.expr, args: list[ast.expr]) -> ast.Lambda:
    star = ast.arg(parameter[1:]) if parameter.startswith("*") else None
    plain = [] if star else [ast.arg(parameter)]
    arguments = ast.arguments(
        posonlyargs=[], args=plain, vararg=star, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[]
    )
    return ast.Lambda(arguments, ast.Call(function, args, []))


def _locate(node: ast.expr, like: ast.expr) -> ast.expr:
    return ast.fix_missing_locations(ast.copy_location(node, like))


def _deletion(target: ast.expr) -> ast.stmt:
    if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
        value = ast.fix_missing_locations(ast.copy_location(target.value, target))
        pop = ast.Attribute(value, "pop", ast.Load())
        statement: ast.stmt = ast.Expr(ast.Call(pop, [target.slice], []))
    elif isinstance(target, ast.Subscript):
        stored = ast.Subscript(target.value, target.slice, ast.Store())
        statement = ast.Assign([stored], ast.List([], ast.Load()))
    else:
        name = ast.Name(getattr(target, "id", "_"), ast.Store())
        statement = ast.Assign([name], ast.Constant(None))
    return ast.fix_missing_locations(ast.copy_location(statement, target))
