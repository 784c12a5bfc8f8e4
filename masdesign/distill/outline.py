"""The outline of a design: what its workflow does, step by step, read from its source alone.

Composite blocks are looked into, since they are written in the design language themselves; so the
outline is made of single requests, in the words of the blocks' own templates.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from masdesign.distill._requests import default_instruction, plain, request_of
from masdesign.distill._values import GAP, UNKNOWN, condition, text_of, value_of
from masdesign.workflow import Block
from masdesign.workflow.parsing import parse

_DEEPEST = 4
"""Composite blocks within composite blocks are followed so far."""
_MOST_ROLES = 6
"""So many elements of a list that is known are told one by one."""
_HELPERS = {
    "majority": "Take the answer that was given most often.",
    "weighted_majority": "Take the answer to which the checks give most weight.",
    "passages_for": "Find the passages that it needs.",
}
_ASKED_FIRST = frozenset({"ask"})
"""Blocks whose first argument is the instruction."""
_LABEL = re.compile(r"\b([A-Z]\w+): ")


@dataclass(frozen=True, slots=True)
class PromptStep:
    """One request."""

    text: str
    role: str = ""
    times: int = 1
    """Independent draws."""
    each: bool = False
    """Once for each of what came before."""
    block: str = ""
    """The block, or the helper, that the step is of."""
    n: int = 0
    """The most parts of a split, or the passages that a part is shown; 0: only a run can tell."""
    lines: tuple[str, ...] = ()
    """The labelled lines in which the step is written down (`masdesign.distill.wording`)."""


STOP = PromptStep("Answer with that, and leave out the rest.")
"""The end of a branch that leaves the workflow or its loop."""


@dataclass(frozen=True, slots=True)
class Group:
    """Steps under a condition or in a loop: ``If the check says wrong``, ``Up to 2 times``."""

    head: str
    steps: tuple[PromptStep | Group, ...]


Outline = tuple[PromptStep | Group, ...]


def outline(source: str, blocks: Mapping[str, Block[..., Any]]) -> Outline:
    """What the ``workflow`` of a design does, in order.

    Raises:
        SourceError: the source is not Python.

    >>> from masdesign.building_blocks import blocks
    >>> steps = outline("async def workflow(task):\\n    return await self_consistency(task, n=3)", blocks())
    >>> [(step.text, step.times) for step in steps]
    [('Think step by step.', 3), ('Take the answer that was given most often.', 1)]
    """
    functions = {
        node.name: node
        for node in parse(source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    reader = _Reader(blocks, functions, 0)
    main = functions.get("workflow")
    return tuple(_merged(reader.statements(main.body, {}))) if main is not None else ()


def flat(steps: Outline) -> list[PromptStep]:
    """The requests of an outline in order, each with the conditions that it stands under."""
    flattened: list[PromptStep] = []
    for entry in steps:
        if isinstance(entry, PromptStep):
            flattened.append(entry)
            continue
        for inner in flat(entry.steps):
            text = inner.text[:1].lower() + inner.text[1:]
            flattened.append(replace(inner, text=f"{entry.head}: {text}"))
    return flattened


def acts(steps: Outline, blocks: Mapping[str, Block[..., Any]]) -> bool:
    """Whether the design acts in an environment."""
    called = {step.block for step in flat(steps)} & set(blocks)
    return any(blocks[name].needs == "environment" for name in called)


class _Reader:
    """Reads statements and expressions in the order in which they run."""

    def __init__(
        self,
        blocks: Mapping[str, Block[..., Any]],
        functions: Mapping[str, ast.FunctionDef | ast.AsyncFunctionDef],
        depth: int,
    ) -> None:
        self.blocks, self.functions, self.depth = blocks, dict(functions), depth

    def statements(self, body: Sequence[ast.stmt], env: dict[str, Any]) -> list[PromptStep | Group]:
        steps: list[PromptStep | Group] = []
        for statement in body:
            steps += self.statement(statement, env)
        return steps

    def statement(self, node: ast.stmt, env: dict[str, Any]) -> list[PromptStep | Group]:
        match node:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name):
                self.functions[name] = node
                return []
            case ast.If(test, body, orelse):
                return self._branch(test, body, orelse, env)
            case ast.For(target, iterable, body) | ast.AsyncFor(target, iterable, body):
                return [*self.expression(iterable, env), *self._loop(target, iterable, body, env)]
            case ast.While(test, body):
                return self._group(f"As long as {condition(test, env)}", self.statements(body, env))
            case ast.Try(body, _, _, last):
                return [*self.statements(body, env), *self.statements(last, env)]
            case ast.Assign([target], value):
                steps = self.expression(value, env)
                self._bind(target, value, env)
                return steps
            case ast.AnnAssign(target, _, value) if value is not None:
                steps = self.expression(value, env)
                self._bind(target, value, env)
                return steps
            case ast.Return(value) | ast.Expr(value) | ast.AugAssign(_, _, value) if value is not None:
                return self.expression(value, env)
        return []

    def _bind(self, target: ast.expr, value: ast.expr, env: dict[str, Any]) -> None:
        if isinstance(target, ast.Name):
            env[target.id] = value_of(value, env)
            return
        for name in (n.id for n in ast.walk(target) if isinstance(n, ast.Name)):
            env[name] = UNKNOWN

    def _branch(
        self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], env: dict[str, Any]
    ) -> list[PromptStep | Group]:
        steps, constant = self.expression(test, env), value_of(test, env)
        if constant is not UNKNOWN:
            return [*steps, *self.statements(body if constant else orelse, env)]
        then, other = dict(env), dict(env)
        steps += self._either(condition(test, env), self._arm(body, then), self._arm(orelse, other))
        env.update({name: UNKNOWN for name in env if not then.get(name) == other.get(name) == env[name]})
        return steps

    def _arm(self, body: list[ast.stmt], env: dict[str, Any]) -> list[PromptStep | Group]:
        steps = self.statements(body, env)
        leaves = bool(body) and isinstance(body[-1], ast.Break | ast.Return)
        return [*steps, STOP] if leaves else steps

    def _loop(
        self, target: ast.expr, iterable: ast.expr, body: list[ast.stmt], env: dict[str, Any]
    ) -> list[PromptStep | Group]:
        values = value_of(iterable, env)
        if isinstance(values, range):
            inner = {**env, **{n.id: UNKNOWN for n in ast.walk(target) if isinstance(n, ast.Name)}}
            steps = self.statements(body, inner)
            return steps if len(values) == 1 else self._group(f"Up to {len(values)} times", steps)
        if isinstance(values, list) and len(values) <= _MOST_ROLES and isinstance(target, ast.Name):
            rounds = [self.statements(body, {**env, target.id: value}) for value in values]
            return [step for steps in rounds for step in steps]
        self._bind(target, iterable, env)
        return self._group("For each of them", self.statements(body, env))

    def _either(
        self, question: str, then: list[PromptStep | Group], other: list[PromptStep | Group]
    ) -> list[PromptStep | Group]:
        if not then:
            return self._group(f"Unless {question}", other)
        return [*self._group(f"If {question}", then), *self._group("Otherwise", other)]

    @staticmethod
    def _group(head: str, steps: list[PromptStep | Group]) -> list[PromptStep | Group]:
        return [Group(head, tuple(_merged(steps)))] if steps else []

    def expression(self, node: ast.expr, env: dict[str, Any]) -> list[PromptStep | Group]:
        """The steps of an expression, those of its parts first."""
        match node:
            case ast.Lambda():
                return []
            case ast.ListComp(inner, generators) | ast.GeneratorExp(inner, generators):
                return self._comprehension(inner, generators, env)
            case ast.IfExp(test, then, other):
                arms = [self.expression(part, dict(env)) for part in (then, other)]
                return [*self.expression(test, env), *self._either(condition(test, env), *arms)]
        parts = [c.value if isinstance(c, ast.keyword) else c for c in ast.iter_child_nodes(node)]
        steps = [step for part in parts if isinstance(part, ast.expr) for step in self.expression(part, env)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            steps += self._call(node.func.id, node, env)
        return steps

    def _comprehension(
        self, inner: ast.expr, generators: list[ast.comprehension], env: dict[str, Any]
    ) -> list[PromptStep | Group]:
        first = generators[0]
        before, values = self.expression(first.iter, env), value_of(first.iter, env)
        steps = self.expression(inner, {**env, **_unknown(generators)})
        if not steps:
            kept = [condition(test, env) for generator in generators for test in generator.ifs]
            return (
                [*before, PromptStep(f"Keep only those for which {' and '.join(kept)}.")] if kept else before
            )
        if isinstance(values, range):
            return [*before, *(_repeated(step, len(values)) for step in steps)]
        if isinstance(values, list) and isinstance(first.target, ast.Name):
            rounds = [self.expression(inner, {**env, first.target.id: value}) for value in values]
            return [*before, *(step for each in rounds for step in each)]
        return [*before, *(replace(s, each=True) if isinstance(s, PromptStep) else s for s in steps)]

    def _call(self, name: str, node: ast.Call, env: dict[str, Any]) -> list[PromptStep | Group]:
        if name in self.functions:
            return self._inside(self.functions[name], node, env)
        if name in self.blocks:
            return self._block(self.blocks[name], node, env)
        if name not in _HELPERS:
            return []
        count = value_of(node.args[2], env) if name == "passages_for" and len(node.args) > 2 else 0
        return [PromptStep(_HELPERS[name], block=name, n=count if isinstance(count, int) else 1)]

    def _block(self, block: Block[..., Any], node: ast.Call, env: dict[str, Any]) -> list[PromptStep | Group]:
        given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        role = text_of(given["role"], env) if "role" in given else ""
        if not block.templates:
            (function,) = parse(textwrap.dedent(block.source)).body
            assert isinstance(function, ast.AsyncFunctionDef)
            steps = self._inside(function, node, env)
            return steps or [PromptStep(block.summary, _known(role), block=block.name)]
        request = node.args[0] if block.name in _ASKED_FIRST and node.args else given.get("instruction")
        if request is None and block.name in _ASKED_FIRST:
            request = given.get("instruction")
        text = text_of(request, env) if request is not None else ""
        instruction = plain(text) if text not in ("", GAP) else request_of(block)
        arguments = _arguments_of(block, node, env)
        labels, n = arguments.get("labels"), arguments.get("n", 0)
        if isinstance(labels, list):
            instruction += f" The names are: {', '.join(map(str, labels))}."
        lines = _lines_of(block, arguments.get("output"))
        return [
            PromptStep(
                instruction, _known(role), block=block.name, n=n if isinstance(n, int) else 0, lines=lines
            )
        ]

    def _inside(
        self, function: ast.FunctionDef | ast.AsyncFunctionDef, node: ast.Call, env: dict[str, Any]
    ) -> list[PromptStep | Group]:
        if self.depth >= _DEEPEST:
            return []
        inner = _Reader(self.blocks, self.functions, self.depth + 1)
        return inner.statements(function.body, _arguments(function, node, env))


def _arguments(
    function: ast.FunctionDef | ast.AsyncFunctionDef, node: ast.Call, env: dict[str, Any]
) -> dict[str, Any]:
    """What the parameters of a function are in a call, as far as that is known."""
    names = function.args
    positional = [a.arg for a in names.args]
    arguments: dict[str, Any] = dict.fromkeys(positional + [a.arg for a in names.kwonlyargs], UNKNOWN)
    defaults = zip(positional[len(positional) - len(names.defaults) :], names.defaults, strict=True)
    arguments |= {name: value_of(value, {}) for name, value in defaults}
    for argument, value in zip(names.kwonlyargs, names.kw_defaults, strict=True):
        arguments[argument.arg] = value_of(value, {})
    arguments |= {name: value_of(arg, env) for name, arg in zip(positional, node.args, strict=False)}
    arguments |= {k.arg: value_of(k.value, env) for k in node.keywords if k.arg in arguments}
    return arguments


def _arguments_of(block: Block[..., Any], node: ast.Call, env: dict[str, Any]) -> dict[str, Any]:
    names = (name for name, p in block.signature.parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD)
    arguments = {name: value_of(arg, env) for name, arg in zip(names, node.args, strict=False)}
    return arguments | {k.arg: value_of(k.value, env) for k in node.keywords if k.arg}


def _lines_of(block: Block[..., Any], output: object) -> tuple[str, ...]:
    """The line that a step's reply ends in, where that is no answer to the problem."""
    if block.name in _ASKED_FIRST:
        label = output if isinstance(output, str) else "answer"
    else:
        labels = _LABEL.findall(default_instruction(block))
        label = labels[-1] if labels else "answer"
    return () if label.lower() == "answer" else (f"{label.capitalize() or 'Note 1'}: ...",)


def _unknown(generators: Sequence[ast.comprehension]) -> dict[str, Any]:
    names = (n.id for g in generators for n in ast.walk(g.target) if isinstance(n, ast.Name))
    return dict.fromkeys(names, UNKNOWN)


def _known(role: str) -> str:
    return "" if GAP in role else role


def _repeated(step: PromptStep | Group, times: int) -> PromptStep | Group:
    return replace(step, times=step.times * times) if isinstance(step, PromptStep) else step


def _merged(steps: Sequence[PromptStep | Group]) -> list[PromptStep | Group]:
    """Equal neighbours as one step of several draws."""
    joined: list[PromptStep | Group] = []
    for step in steps:
        last = joined[-1] if joined else None
        same = (
            isinstance(step, PromptStep)
            and isinstance(last, PromptStep)
            and replace(last, times=step.times) == step
        )
        if same and isinstance(step, PromptStep) and isinstance(last, PromptStep):
            joined[-1] = replace(last, times=last.times + step.times)
        else:
            joined.append(step)
    return joined
