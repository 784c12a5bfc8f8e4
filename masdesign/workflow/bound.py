"""A static upper bound on the completions of one item.

An abstract run of the source: every list has a greatest length or none that is known, every branch is
taken both ways, every loop to its end. What cannot be bounded is 64, and nothing is above 64.
"""

import ast
from collections.abc import Mapping
from typing import Any

from masdesign.workflow.abstract import (
    GROWS,
    SPREADS,
    UNKNOWN,
    Env,
    Value,
    forget,
    functions_of,
    join,
    joined,
    kept,
    lets_grow,
    method_of,
    names_from_within,
    names_named,
    names_stored,
    names_stored_again,
    operation,
    owner_of,
    range_length,
    share,
)
from masdesign.workflow.block import MOST_CALLS, Block

_MOST_STEPS = 20_000
_MOST_WORK = 300_000
"""Names copied and nodes looked at besides the steps: many branches and functions multiply them."""
_MOST_DEPTH = 20
_SAME_LENGTH = frozenset(
    {"sorted", "list", "tuple", "set", "reversed", "enumerate", "filter", "iter", "dict"}
)
_VIEWS = frozenset({"items", "keys", "values", "copy"})


def bound_of(tree: ast.Module, blocks: Mapping[str, Block[Any, Any]]) -> int:
    """The most completions that ``workflow`` of this tree can ask for; 64 where that is not known."""
    run = _Bound(blocks, names_from_within(tree), functions_of(tree))
    env: Env = {}
    try:
        run.block(tree.body, env)
        run.calls = 0
        run.function_call("workflow", [UNKNOWN], {}, env)
    except (_Unbounded, RecursionError):
        return MOST_CALLS
    return min(run.calls, MOST_CALLS)


class _Unbounded(Exception):
    """No bound below the greatest is known."""


class _Bound:
    """One abstract run; ``calls`` is the count so far."""

    def __init__(
        self, blocks: Mapping[str, Block[Any, Any]], unsure: frozenset[str], functions: frozenset[str]
    ) -> None:
        self.blocks, self.unsure, self.functions, self.calls = blocks, unsure, functions, 0
        self._steps, self._work, self._depth = 0, 0, 0
        self._returned: list[Value] = []
        self._unseen_growth = False

    # statements

    def block(self, body: list[ast.stmt], env: Env) -> None:
        for statement in body:
            self._step()
            self.statement(statement, env)

    def statement(self, node: ast.stmt, env: Env) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if node.name in self.unsure:
                    raise _Unbounded
                env[node.name] = Value(function=node, closure=env)
            case ast.ClassDef():
                if self._asks(node, env):
                    raise _Unbounded
                env[node.name] = UNKNOWN
            case ast.Assign():
                value = self.value(node.value, env)
                if isinstance(node.value, ast.Name) and node.value.id in env:
                    share(env, node.value.id)
                    value = env[node.value.id]
                for target in node.targets:
                    self._bind(target, value, env)
            case ast.AnnAssign():
                self._bind(node.target, self.value(node.value, env) if node.value else UNKNOWN, env)
            case ast.AugAssign():
                self._grow(node.target, self.value(node.value, env), env)
            case ast.If():
                self.value(node.test, env)
                self._either([node.body, node.orelse], env)
            case ast.For():
                self._for(node, env)
            case ast.While():
                self._while(node, env)
            case ast.Try():
                before = dict(env)
                self._pay(2 * len(env))
                self.block(node.body, env)
                env.update(joined([before, env]))  # a handler finds what was there, or is there in the end
                env.update(dict.fromkeys(names_stored_again(node.body), UNKNOWN))  # or was there in between
                self._either([[], *(h.body for h in node.handlers)], env)
                self.block([*node.orelse, *node.finalbody], env)
            case ast.Match():
                self.value(node.subject, env)
                for name in names_stored(node):
                    env[name] = UNKNOWN
                self._either([c.body for c in node.cases], env)
            case ast.Return():
                self._returned.append(self.value(node.value, env) if node.value else UNKNOWN)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.value(child, env)

    def _either(self, bodies: list[list[ast.stmt]], env: Env) -> None:
        """Any one of the bodies runs: the greatest count, the greatest lengths."""
        before, most, ends = self.calls, self.calls, []
        for body in bodies:
            self._pay(2 * len(env))
            self.calls, branch = before, dict(env)
            self.block(body, branch)
            most = max(most, self.calls)
            ends.append(branch)
        self.calls = most
        env.update(joined(ends))

    def _for(self, node: ast.For, env: Env) -> None:
        times, calls = self.value(node.iter, env).length, self.calls
        over = node.iter.id if isinstance(node.iter, ast.Name) else ""
        listed = env.get(over)
        self._loop(node.body, env, times, node.target)
        if env.get(over) != listed and self.calls > calls:  # it grows while it is run through
            raise _Unbounded
        self.block(node.orelse, env)

    def _while(self, node: ast.While, env: Env) -> None:
        before = self.calls
        self._loop([*node.body, ast.Expr(node.test)], env, None, None)
        if self.calls > before:
            raise _Unbounded
        self.block(node.orelse, env)

    def _loop(self, body: list[ast.stmt], env: Env, times: int | None, target: ast.expr | None) -> None:
        """A body run ``times`` over. Twice in the abstract: what changes from turn to turn is unknown."""
        before, calls, returned = dict(env), self.calls, len(self._returned)
        for _ in range(2):
            self.calls = calls
            del self._returned[returned:]
            if target is not None:
                self._bind(target, UNKNOWN, env)
            entry = dict(env)
            self._pay(2 * len(env))
            self.block(body, env)
            for name, value in entry.items():
                if env[name] != value:
                    env[name] = Value(length=self._grown(name, body, before, times))
        if self.calls > calls:
            if times is None:
                raise _Unbounded
            self.calls = calls + (self.calls - calls) * times
        env.update(joined([before, env]))

    def _grown(self, name: str, body: list[ast.stmt], before: Env, times: int | None) -> int | None:
        """The length of a list that the loop only appends to."""
        start = before.get(name, UNKNOWN).length
        appends = 0
        for node in (n for s in body for n in ast.walk(s)):
            self._pay(1)
            if isinstance(node, (ast.For, ast.While)):
                return None
            if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
                return None
            if method_of(node) in GROWS and owner_of(node) == name:
                appends += 1
            elif method_of(node) in SPREADS and owner_of(node) == name:
                return None
        return None if start is None or times is None or not appends else start + appends * times

    # expressions

    def value(self, node: ast.expr, env: Env) -> Value:
        """Counts the completions that the expression asks for, and says what is known of its value."""
        self._step()
        match node:
            case ast.Constant():
                length = len(node.value) if isinstance(node.value, str) else None
                return Value(constant=node.value, length=length, known=True)
            case ast.Name():
                return self._name(node, env)
            case ast.Await():
                return self.value(node.value, env)
            case ast.Call():
                return self._call(node, env)
            case ast.Dict():
                for part in (*node.keys, *node.values):
                    if part is not None:
                        self.value(part, env)
                kept(node.values, env)
                return Value(length=len(node.keys) if None not in node.keys else None)
            case ast.List() | ast.Tuple() | ast.Set():
                kept(node.elts, env)
                return Value(length=self._count(node.elts, env))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, env)
            case ast.BoolOp():
                return join([self.value(v, env) for v in node.values])
            case ast.IfExp():
                self.value(node.test, env)
                before = self.calls
                element = self.value(node.body, env)
                most, self.calls = self.calls, before
                other = self.value(node.orelse, env)
                self.calls = max(most, self.calls)
                return join([element, other])
            case ast.Lambda():
                if self._asks(node.body, env) or lets_grow(node.body):
                    raise _Unbounded
                return UNKNOWN
            case ast.BinOp():
                return operation(node.op, self.value(node.left, env), self.value(node.right, env))
            case ast.UnaryOp(op=ast.USub()):
                inner = self.value(node.operand, env)
                return (
                    Value(constant=-inner.constant, known=True)
                    if isinstance(inner.constant, int)
                    else UNKNOWN
                )
            case ast.Subscript():
                return self._subscript(node, env)
            case ast.NamedExpr():
                value = self.value(node.value, env)
                self._bind(node.target, value, env)
                return value
            case ast.Starred():
                return self.value(node.value, env)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.value(child, env)
                return UNKNOWN

    def _name(self, node: ast.Name, env: Env) -> Value:
        value = env.get(node.id)
        if value is None:
            if node.id in self.blocks:  # as a value: it may be called any number of times
                raise _Unbounded
            return UNKNOWN
        if value.function is not None and (self._asks(value.function, env) or lets_grow(value.function)):
            raise _Unbounded  # as a value: it may be called any number of times
        return value

    def _call(self, node: ast.Call, env: Env) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if not name:
            self.value(node.func, env)
        method, owner = method_of(node), owner_of(node)
        args = [self.value(a, env) for a in node.args]
        named = {k.arg: self.value(k.value, env) for k in node.keywords}
        if name in env and env[name].function is not None:
            return self.function_call(name, args, named, env)
        if name in self.functions:  # it may be that function, or something else of its name
            raise _Unbounded
        if name in self.blocks and name not in env:
            return self._block_call(node, self.blocks[name], args, named)
        if owner in env and method in GROWS | SPREADS:
            grown = None if named else args[-1].length if method in SPREADS and args else 1
            self._grows(owner, grown, env)
            return UNKNOWN
        if method in GROWS | SPREADS:
            self._forget(env)
        if method == "gather":
            name = "gather"
        if owner in env and method in _VIEWS:
            return Value(length=env[owner].length)
        return Value(length=self._length_of(name, node, args, env))

    def _length_of(self, name: str, node: ast.Call, args: list[Value], env: Env) -> int | None:
        if name == "gather":
            return self._starred_length(node.args, args)
        if name == "range":
            return range_length(args)
        if name == "zip" and args:
            return min((a.length for a in args if a.length is not None), default=None)
        if name == "map" and len(args) > 1:
            return args[1].length
        if name == "dict" and node.keywords:
            return None
        return args[0].length if name in _SAME_LENGTH and args else None

    def _block_call(
        self, node: ast.Call, block: Block[Any, Any], args: list[Value], named: dict[str | None, Value]
    ) -> Value:
        if None in named or any(isinstance(a, ast.Starred) for a in node.args[:-1]):
            self.calls += MOST_CALLS if callable(block.calls) else block.bound({})
            return UNKNOWN
        names = [p.name for p in block.signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        given = dict(zip(names, args, strict=False)) | {k: v for k, v in named.items() if k is not None}
        constants = {k: v.constant for k, v in given.items() if v.known}
        self.calls += block.bound(constants, [k for k in given if k not in constants])
        return UNKNOWN

    def function_call(self, name: str, args: list[Value], named: dict[str | None, Value], env: Env) -> Value:
        """A call of a function of the source: its body, with what is known of the arguments."""
        function = env[name].function if name in env else None
        if function is None or self._depth >= _MOST_DEPTH:
            raise _Unbounded
        closure = env[name].closure
        inner: Env = dict(closure if closure is not None else env)
        self._pay(2 * len(inner))
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        for parameter in (*names, *(a.arg for a in function.args.kwonlyargs)):
            inner[parameter] = UNKNOWN
        for default_of, default in zip(reversed(names), reversed(function.args.defaults), strict=False):
            inner[default_of] = self.value(default, inner)
        for extra in (function.args.vararg, function.args.kwarg):
            if extra is not None:
                inner[extra.arg] = UNKNOWN
        inner.update(zip(names, args, strict=False))
        inner.update({k: v for k, v in named.items() if k in inner and k is not None})
        share(inner)
        self._depth += 1
        kept, self._returned = self._returned, []
        self.block(function.body, inner)
        result = join(self._returned) if self._returned else UNKNOWN
        self._returned = kept
        self._depth -= 1
        if self._unseen_growth:
            forget(env)
        return result

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, env: Env
    ) -> Value:
        env.update(dict.fromkeys(names_named(node), UNKNOWN))  # they outlive it, and change from turn to turn
        self._pay(len(env))
        inner, length, before = dict(env), 1, self.calls
        fixed = True
        for i, part in enumerate(node.generators):
            source = self.value(part.iter, inner).length
            if i == 0:
                before = self.calls  # the first iterable is evaluated once
            fixed = fixed and source is not None
            length *= source or 0
            self._bind(part.target, UNKNOWN, inner)
            for condition in part.ifs:
                self.value(condition, inner)
        for element in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.value(element, inner)
        calls = self.calls - before
        if calls and not fixed:
            raise _Unbounded
        self.calls = before + calls * (length if calls else 0)
        return Value(length=length if fixed else None)

    def _subscript(self, node: ast.Subscript, env: Env) -> Value:
        whole = self.value(node.value, env).length
        if not isinstance(node.slice, ast.Slice):
            self.value(node.slice, env)
            return UNKNOWN
        upper = self.value(node.slice.upper, env).constant if node.slice.upper else None
        if isinstance(upper, int) and upper >= 0:
            return Value(length=upper if whole is None else min(upper, whole))
        return Value(length=whole)

    def _count(self, elements: list[ast.expr], env: Env) -> int | None:
        return self._starred_length(elements, [self.value(e, env) for e in elements])

    def _starred_length(self, nodes: list[ast.expr], values: list[Value]) -> int | None:
        total = 0
        for node, value in zip(nodes, values, strict=True):
            if not isinstance(node, ast.Starred):
                total += 1
            elif value.length is None:
                return None
            else:
                total += value.length
        return total

    # names

    def _bind(self, target: ast.expr, value: Value, env: Env) -> None:
        if isinstance(target, ast.Name):
            if target.id in self.blocks and value.function is None and target.id not in env:
                raise _Unbounded  # a block's name rebound: what calls mean is no longer known
            env[target.id] = UNKNOWN if target.id in self.unsure else value
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._bind(part, UNKNOWN, env)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, UNKNOWN, env)
        else:
            self._grow(target, UNKNOWN, env)

    def _grow(self, target: ast.expr, by: Value, env: Env) -> None:
        while isinstance(target, (ast.Subscript, ast.Attribute)):
            target = target.value
        if isinstance(target, ast.Name) and target.id in env:
            self._grows(target.id, by.length, env)

    def _grows(self, name: str, by: int | None, env: Env) -> None:
        length = env[name].length
        if env[name].shared and length is not None and not env[name].known:
            self._forget(env)
        else:
            env[name] = Value(length=None if length is None or by is None else length + by)

    def _forget(self, env: Env) -> None:
        """Some list grew, and which is not known: here, and in the functions that wait for this one."""
        self._unseen_growth = True
        forget(env)

    def _asks(self, node: ast.AST, env: Env) -> bool:
        """Whether the code names a block, or a function of the source that does."""
        seen: set[int] = set()
        stack = [node]
        while stack:
            for inner in ast.walk(stack.pop()):
                self._pay(1)
                if not isinstance(inner, ast.Name):
                    continue
                value = env.get(inner.id)
                if value is None and inner.id in self.blocks:
                    return True
                if value is not None and value.function is not None and id(value.function) not in seen:
                    seen.add(id(value.function))
                    stack.append(value.function)
        return False

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _Unbounded

    def _pay(self, work: int) -> None:
        """Count work that grows with the source: names of an environment, nodes of a walk."""
        self._work += work
        if self._work > _MOST_WORK:
            raise _Unbounded
