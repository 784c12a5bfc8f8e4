"""`to_dspy` and `from_dspy`: a design as a DSPy program, and what DSPy made of it as a new design.

Composite blocks are written out as functions of the design, so that each of their requests can be reached.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from masdesign.building_blocks import blocks
from masdesign.distill.bridge.host import Host
from masdesign.distill.bridge.sites import mark_sites, write_sites
from masdesign.errors import InputError, SourceError
from masdesign.syntax import function_names, named_calls, without_docstring
from masdesign.workflow import Block, Design, check, helpers
from masdesign.workflow.parsing import parse

if TYPE_CHECKING:
    from masdesign.distill.bridge.program import DesignProgram


_ROUNDS = 4
"""Composite blocks within composite blocks are written out so far."""
_VALUES = frozenset({"Answer", "Question", "Verdict", "gather"})
_HELPERS = frozenset(name for name, _ in inspect.getmembers(helpers, inspect.isfunction))
_REFUSALS = frozenset({"at_least_one"})
"""What composite blocks call to refuse arguments; the arguments of a design that ran were not refused."""


def inlined(source: str, blocks: Mapping[str, Block[..., Any]]) -> str:
    """The source with the composite blocks written out that are made of blocks and helpers alone.

    Composites that need the host (its tools, its window) stay as they are. The result is well-formed
    where the source was; it makes the same calls.

    >>> from masdesign.building_blocks import blocks
    >>> source = "async def workflow(task):\\n    return await self_consistency(task, n=3)"
    >>> "chain_of_thought" in inlined(source, blocks())
    True
    """
    for _ in range(_ROUNDS):
        tree = parse(source)
        called = {name for name, _ in named_calls(tree)} & blocks.keys()
        functions: dict[str, ast.AsyncFunctionDef] = {}
        for name in sorted(called - function_names(tree)):
            if not blocks[name].templates and (body := _function(blocks[name], blocks)) is not None:
                functions[name] = body
        for name, function in functions.items():
            own = _free(f"run_{name}", tree)
            tree = ast.fix_missing_locations(_Renamed(name, own).visit(tree))
            function.name = own
            candidate = ast.Module([function, *tree.body], [])
            tree = candidate if _is_sound(candidate, blocks) else _Renamed(own, name).visit(tree)
        written = ast.unparse(ast.fix_missing_locations(tree))
        if not functions or written == source:
            return written
        source = written
    return source


def _function(block: Block[..., Any], blocks: Mapping[str, Block[..., Any]]) -> ast.AsyncFunctionDef | None:
    """The block's function as guest code; ``None`` where it needs the host."""
    try:
        (function,) = parse(textwrap.dedent(block.source)).body
    except (SourceError, ValueError):
        return None
    if not isinstance(function, ast.AsyncFunctionDef):
        return None
    function.decorator_list, function.returns = [], None
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        argument.annotation = None
    if arguments.vararg is not None:
        return None
    function.body = [s for s in without_docstring(function.body) if not _refuses(s)]
    function = _Unannotated().visit(function)
    names = {*blocks, *_HELPERS, *_VALUES, *dir(builtins), function.name}
    return function if _names(function) <= names else None


def _refuses(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id in _REFUSALS
    )


def _names(function: ast.AsyncFunctionDef) -> set[str]:
    """Names that the function reads and does not bind itself."""
    names = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
    bound = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    bound |= {
        a.arg for n in ast.walk(function) if isinstance(n, ast.arguments) for a in (*n.args, *n.kwonlyargs)
    }
    return {n.id for n in names if isinstance(n.ctx, ast.Load)} - bound


def _free(name: str, tree: ast.AST) -> str:
    taken = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | function_names(tree)
    while name in taken:
        name += "_"
    return name


def _is_sound(tree: ast.Module, blocks: Mapping[str, Block[..., Any]]) -> bool:
    try:
        check(ast.unparse(ast.fix_missing_locations(tree)), blocks)
    except SourceError:
        return False
    return True


class _Renamed(ast.NodeTransformer):
    """Calls of one name become calls of another."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == self.old:
            node.func = ast.Name(self.new, ast.Load())
        return node


class _Unannotated(ast.NodeTransformer):
    """``x: T = v`` becomes ``x = v``: the types that a host module imports are not there for a guest."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Subscript):  # list[Answer]()
            node.func = node.func.value
        return node


ORIGIN = "dspy"


def to_dspy(
    design: Design,
    *,
    model: str | Mapping[str, str] = "abacus",
    tools: Iterable[str] = (),
    cache: Path | str | None = None,
    concurrency: int = 64,
    host: Host | None = None,
) -> DesignProgram:
    """The design as a `dspy.Module` that DSPy's `Evaluate`, GEPA and MIPROv2 can run and compile.

    Composite blocks are written out as far as they are made of other blocks, so that each of their
    requests is a predictor of its own. The workflow runs in the sandbox, its model is ours.

    Parameters:
        model: what answers; a table gives models by the names that designs ask for, ``""`` the default.
        tools: what the design may use (``python``).
        cache: a file of recorded calls; by default replies are remembered while the program lives.
        host: a runtime that is open already; then the other parameters do not count.

    Raises:
        SourceError: the design is not well-formed.
        InputError: it has no instruction that could be improved.

    Example::

        program = to_dspy(found.best)
        better = dspy.GEPA(metric=metric, reflection_lm=…, max_metric_calls=200).compile(
            program, trainset=train, valset=train)
        design = from_dspy(better)
    """
    from masdesign.distill.bridge.program import DesignProgram

    registered = blocks()
    check(design, registered)
    source, sites = mark_sites(inlined(design.source, registered), registered)
    if host is None:
        options = {"models": model, "tools": tuple(tools), "cache": cache, "concurrency": concurrency}
        host = Host.of_its_own(options)
    return DesignProgram(design, source, sites, host)


def from_dspy(program: DesignProgram, *, name: str = "") -> Design:
    """The design that a compiled program is: the old one with new instructions and demonstrations.

    Its parent is the design that `to_dspy` was given. Where nothing has changed, that design itself.

    Raises:
        InputError: it is no program of `to_dspy`, or what was compiled is no design (it nests too deeply,
            or is too long).
    """
    from masdesign.distill.bridge.program import DesignProgram

    if not isinstance(program, DesignProgram):
        raise InputError(f"from_dspy takes what to_dspy gave, not a {type(program).__name__}")
    changes = program.additions()
    if not changes:
        return program.design
    instructions = {site: t.instruction for site, t in changes.items() if t.instruction is not None}
    examples = {site: t.examples for site, t in changes.items() if t.examples}
    source = write_sites(program.marked_source, program.sites, instructions, examples)
    check(source, blocks())
    parent = program.design
    return Design(
        source,
        name=name or f"{parent.name or parent.id} compiled by DSPy",
        thought="new instructions: " + ", ".join(sorted(changes)),
        parents=(parent.id,),
        origin=ORIGIN,
    )
