"""Programs and sums that a model wrote, run safely: for scorers that run tests, and for tools."""

import ast
import os
import re
from dataclasses import replace

from masdesign.syntax import tree_of
from masdesign.types import ProgramResult
from masdesign.workflow.guest import GuestError
from masdesign.workflow.isolated import OUTPUT_BYTES, NoIsolation, run_isolated
from masdesign.workflow.limits import Limits, ToolError
from masdesign.workflow.sandbox import Sandbox
from masdesign.workflow.threads import Threads

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


UNPROTECTED = "MASDESIGN_UNPROTECTED_PROGRAMS"
"""Environment variable: ``1`` lets programs run without isolation where the machine offers none."""
_SETTLED = frozenset({"AssertionError"})
"""Errors that Monty raises where CPython would: a failed test is no gap of the interpreter."""
_MONTY_ERRORS = frozenset(
    {"ModuleNotFoundError", "ImportError", "NotImplementedError", "SyntaxError", "PermissionError", "OSError"}
)
"""Errors by which Monty says that it lacks something: without CPython there is no verdict."""


class Programs:
    """Runs programs, several at once; use `run` from an event loop.

    ``unprotected`` lets CPython run with resource limits alone where the machine offers no isolation: only
    for programs that one trusts.
    """

    def __init__(self, sandbox: Sandbox, *, processes: int = 2, unprotected: bool | None = None) -> None:
        self._sandbox = sandbox
        self._threads = Threads(processes)
        self._unprotected = os.environ.get(UNPROTECTED) == "1" if unprotected is None else unprotected

    async def run(self, source: str, *, stdin: str = "", seconds: float = 5.0) -> ProgramResult:
        """Run a program within ``seconds`` of processor time.

        Raises:
            NoIsolation: only CPython could tell what it does, and this machine cannot isolate it.
        """
        early = None if stdin or "input(" in source else await self._in_sandbox(source, seconds)
        if early is not None and early[1]:
            return early[0]
        try:
            return await self._isolated(source, stdin, seconds, False)
        except NoIsolation:
            if self._unprotected:
                return await self._isolated(source, stdin, seconds, True)
            if early is None:
                raise
            return early[0]

    async def _isolated(self, source: str, stdin: str, seconds: float, unprotected: bool) -> ProgramResult:
        return await self._threads.run(
            lambda: run_isolated(source, stdin=stdin, seconds=seconds, unprotected=unprotected)
        )

    async def _in_sandbox(self, source: str, seconds: float) -> tuple[ProgramResult, bool] | None:
        """What Monty says, and whether that settles it; ``None`` where it cannot run the program at all."""
        limits = replace(Limits(), seconds=seconds, memory_mb=256, printed=OUTPUT_BYTES, depth=900)
        try:
            value, printed = await self._sandbox.run_program(source, limits)
        except GuestError as error:
            if error.kind in _MONTY_ERRORS or not error.kind:
                return None
            status = "timeout" if error.kind == "TimeoutError" else "error"
            result = ProgramResult("", f"{error.message}\n", "timeout" if status == "timeout" else "error")
            return result, error.kind in _SETTLED
        return ProgramResult(printed, "", "ok", value or ""), True

    def close(self) -> None:
        """End the threads. A later program starts them anew."""
        self._threads.close()
