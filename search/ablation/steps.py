"""The steps of any design, hand-written ones too, and the design without some of them.

A step is a block call in the source. What stands in its place when it is removed follows from the
block's types: a judge finds everything right, a reviser gives back what it was given, a chooser becomes
a vote, a rewriter of questions leaves the question as it is, and what solves the task by itself becomes
one chain of thought. Plain draws are no steps, being what a plain vote is made of, but their roles and
instructions are, and so are further draws that are added later.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from masdesign.syntax import function_names, named_calls
from masdesign.types import Answer, Question, Verdict
from masdesign.workflow import Block, Design
from masdesign.workflow.parsing import parse

PLAIN = frozenset({"chain_of_thought", "direct", "self_consistency"})
"""Blocks that a plain vote is made of."""
KEPT = frozenset({"temperature", "model", "n"})
"""Keywords of a plain draw that are no step."""
HELPER = "skipped"

Blocks = Mapping[str, Block[..., Any]]


@dataclass(frozen=True, slots=True)
class DesignStep:
    """One thing that a design does beyond drawing."""

    index: int
    """Its place among the nodes of the syntax tree."""
    name: str
    """The block's; ``further draws``, or ``role of chain_of_thought``, where it is not a whole call."""
    line: int
    instead: str
    """What stands in its place when it is removed, in words."""

    def __str__(self) -> str:
        return f"{self.name} (line {self.line})"


def steps_of(design: Design, blocks: Blocks) -> tuple[DesignStep, ...]:
    """The steps of a design, in the order of its source.

    A call whose arguments are spread (``*parts``) cannot be taken out and is left alone.

    >>> from masdesign.building_blocks import blocks
    >>> source = "async def workflow(task): return await revise(task, await direct(task), '')"
    >>> [(str(step), step.instead) for step in steps_of(Design(source), blocks())]
    [('revise (line 1)', 'what it was given')]
    """
    tree = parse(design.source)
    steps = [
        DesignStep(index, edit.name, node.lineno, edit.instead)
        for index, node, edit in _edits(tree, blocks)
        if isinstance(node, (ast.Call, ast.AugAssign))
    ]
    return tuple(sorted(steps, key=lambda step: (step.line, step.index)))


def without(design: Design, steps: Collection[DesignStep], blocks: Blocks) -> Design:
    """The design without these steps; the design they were taken from is its parent."""
    tree = parse(design.source)
    chosen = {step.index for step in steps}
    edits = {id(node): edit for index, node, edit in _edits(tree, blocks) if index in chosen}
    editor = _Editor(edits)
    edited = editor.visit(tree)
    if editor.skips:
        helper = ast.parse(f"async def {HELPER}(value):\n    return value\n")
        edited.body = [*helper.body, *edited.body]
    names = ", ".join(map(str, steps))
    return replace(
        design,
        source=ast.unparse(ast.fix_missing_locations(edited)) + "\n",
        name=f"{design.name or design.id} without {names}"[:200],
        thought=f"{design.name or design.id}, with {names} removed.",
        parents=(design.id,),
        origin="ablation",
    )


@dataclass(frozen=True)
class _Edit:
    name: str
    instead: str
    value: ast.expr | None
    """What stands in the place; ``None`` where the statement goes."""
    awaited: bool = False
    """Whether that is a call, to be awaited as the step was."""


def _edits(tree: ast.Module, blocks: Blocks) -> Iterator[tuple[int, ast.AST, _Edit]]:
    own = function_names(tree)
    callable_blocks = {name: block for name, block in blocks.items() if name not in own}
    for index, node in enumerate(ast.walk(tree)):
        edit: _Edit | None = None
        if isinstance(node, ast.AugAssign):
            edit = _further(node, callable_blocks)
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in callable_blocks
        ):
            edit = _of_call(node, callable_blocks[node.func.id])
        if edit is not None:
            yield index, node, edit


def _further(node: ast.AugAssign, blocks: Blocks) -> _Edit | None:
    """Draws that are added to a list: the statement goes."""
    called = {name for name, _ in named_calls(node.value) if name in blocks}
    return _Edit("further draws", "no further draws", None) if called and called <= PLAIN else None


def _of_call(node: ast.Call, block: Block[..., Any]) -> _Edit | None:
    named = [keyword for keyword in node.keywords if keyword.arg is not None]
    if len(named) < len(node.keywords) or any(isinstance(given, ast.Starred) for given in node.args):
        return None
    if block.name in PLAIN:
        extras = [keyword.arg for keyword in named if keyword.arg not in KEPT]
        kept = [keyword for keyword in named if keyword.arg in KEPT]
        bare = ast.Call(node.func, node.args, kept)
        name = f"{' and '.join(map(str, extras))} of {block.name}"
        return _Edit(name, "a plain draw", bare, True) if extras else None
    try:
        bound = block.signature.bind(*node.args, **{str(keyword.arg): keyword.value for keyword in named})
    except TypeError:
        return None
    given = {name: value for name, value in bound.arguments.items() if isinstance(value, ast.expr)}
    return _neutral(block, {name: (block.hints.get(name), value) for name, value in given.items()})


def _neutral(block: Block[..., Any], given: Mapping[str, tuple[Any, ast.expr]]) -> _Edit | None:
    """What a block's result is replaced by, from its types."""

    def first(kind: Any) -> ast.expr | None:
        return next((value for hint, value in given.values() if hint == kind), None)

    def edit(instead: str, value: ast.expr, *, awaited: bool = False) -> _Edit:
        return _Edit(block.name, instead, value, awaited)

    question = first(Question) or ast.Name("task", ast.Load())
    own, several, names = first(Answer), first(list[Answer]), first(list[str])
    result = block.hints.get("return")
    if result is Verdict:
        return edit("everything is right", _call("Verdict", ast.Constant(True)))
    if result is Question:
        return edit("the question as it is", question)
    if result is Answer and own is not None:
        return edit("what it was given", own)
    if result is Answer and several is not None and names is None:
        return edit("a plain vote", _call("majority", several))
    if result is Answer:
        return edit("one chain of thought", _call("chain_of_thought", question), awaited=True)
    if result == list[str]:
        whole = ast.Attribute(question, "question", ast.Load())
        return edit("the whole question", ast.List([whole], ast.Load()))
    if result is str and names is not None:
        return edit("always the first", ast.Subscript(names, ast.Constant(0), ast.Load()))
    constants: dict[Any, object] = {str: "", float: 1.0, int: 1, bool: True}
    if result in constants:
        return edit(f"always {constants[result]!r}", ast.Constant(constants[result]))  # type: ignore[arg-type]
    return None


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


class _Editor(ast.NodeTransformer):
    """Takes the chosen steps out; ``skips`` says whether a value has to stand where a call was awaited."""

    def __init__(self, edits: Mapping[int, _Edit]) -> None:
        self._edits = edits
        self.skips = False

    def visit_Await(self, node: ast.Await) -> ast.AST:
        edit = self._edits.get(id(node.value))
        if edit is None or edit.value is None:
            return self._inside(node)
        value: ast.expr = self.visit(edit.value)
        return ast.Await(value) if edit.awaited else value

    def visit_Call(self, node: ast.Call) -> ast.AST:
        edit = self._edits.get(id(node))
        if edit is None or edit.value is None:
            return self._inside(node)
        value: ast.expr = self.visit(edit.value)
        if edit.awaited:
            return value
        self.skips = True
        return _call(HELPER, value)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        return ast.Pass() if id(node) in self._edits else self._inside(node)

    def _inside(self, node: ast.AST) -> ast.AST:
        return self.generic_visit(node)
