"""``code``: a program is right where it passes the item's tests.

Reads from the item's record what the benchmarks' own files have: ``test`` (or ``tests``) with ``entry_point``
and ``prompt`` (HumanEval: Chen et al. 2021, arXiv:2107.03374; MultiPL-E's Python), or ``test_list`` with
``test_imports`` and ``test_setup_code`` (MBPP: Austin et al. 2021, arXiv:2108.07732).
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.types import Answer, Item, ProgramResult, Score

_PASSED = "all tests passed"
_PYTHON = frozenset({"", "py", "python", "python3"})
_LAST_LINES = 12


def with_tests(program: str, record: Mapping[str, Any], *, hoist: bool = True) -> str:
    """The program with its tests: its last expression is reached, and has a value, only if all pass.

    Parameters:
        program: a whole program, or what goes on after the record's ``prompt``.
        record: an item's record, in one of the layouts above.
        hoist: let the imports of standard modules that stand within a function hold for all of it.

    Raises:
        InputError: the record has no tests, or they are not in Python.

    >>> exec(with_tests("def f(x): return x + 1", {"test_list": ["assert f(1) == 2"]}))
    """
    language = str(record.get("language") or "").lower()
    if language not in _PYTHON:
        raise InputError(f"the tests are in {language!r}; the scorer code runs Python only")
    tests = _tests(record)
    entry = str(record.get("entry_point") or "")
    whole = _complete(program, str(record.get("prompt") or ""), entry)
    hoisted = _hoist_imports(whole) if hoist else ""
    return f"{hoisted}{whole}\n\n{tests}\n\n{_PASSED!r}\n"


def _tests(record: Mapping[str, Any]) -> str:
    entry = str(record.get("entry_point") or "")
    test = record.get("test") or record.get("tests")
    if isinstance(test, str) and test.strip():
        calls_itself = re.search(r"^(?:check|test_check|unittest\.main)\(", test, re.MULTILINE)
        if entry and not calls_itself and re.search(r"^def check\(", test, re.MULTILINE):
            return f"{test}\n\ncheck({entry})"
        return test
    listed = record.get("test_list")
    if isinstance(listed, Sequence) and not isinstance(listed, str) and listed:
        before = [*_lines(record.get("test_imports")), *_lines(record.get("test_setup_code"))]
        return "\n".join([*before, *map(str, listed)])
    raise InputError('the item has no tests; its record must have "test" or "test_list" (scorer code)')


def _lines(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(line) for line in value or ()]


def _complete(program: str, prompt: str, entry: str) -> str:
    """The program after its prompt: a completion goes on there, a whole program stands after it.

    What the prompt imports and defines beside the function is there for both.
    """
    if not prompt or not _parses(prompt + "\n    pass\n"):
        return program
    defines = (
        re.search(rf"^\s*(?:async\s+)?def\s+{re.escape(entry)}\b", program, re.MULTILINE) if entry else None
    )
    if defines or (not entry and _parses(program)):
        return f"{_preamble(prompt, entry)}\n{program}"
    return prompt + program


def _preamble(prompt: str, entry: str) -> str:
    """A prompt without the function that is to be written."""
    tree = ast.parse(prompt + "\n    pass\n")
    kept = [node for node in tree.body if getattr(node, "name", None) != entry]
    return "\n".join(map(ast.unparse, kept if entry else kept[:-1]))


def _parses(source: str) -> bool:
    return _tree(source) is not None


def _tree(source: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape is the program's own affair
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _hoist_imports(source: str) -> str:
    """The imports of standard modules that stand within a function, but for names that the top level has.

    Where a completion begins with an import, its indent puts it into the prompt's own function.
    """
    tree = _tree(source)
    if tree is None:
        return ""
    own = {name for node in tree.body for name in _bound(node)}
    inner = [node for top in tree.body for node in ast.walk(top) if node is not top]
    imports = [
        node for node in inner if isinstance(node, (ast.Import, ast.ImportFrom)) and _is_standard(node)
    ]
    lines = {ast.unparse(node) for node in imports if not _bound(node) & own and "*" not in _bound(node)}
    return "".join(f"{line}\n" for line in sorted(lines))


def _is_standard(node: ast.Import | ast.ImportFrom) -> bool:
    modules = [node.module or "."] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    return all(module.partition(".")[0] in sys.stdlib_module_names for module in modules)


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _verdict(result: ProgramResult) -> Score:
    if result.status == "ok" and result.value == _PASSED:
        return Score(1.0)
    why = {
        "timeout": "The tests did not end in time.",
        "limit": "The program used too much memory, output or files.",
        "ok": "The program ended before its tests were through.",
    }.get(result.status, "")
    lines = result.stderr.strip().splitlines()[-_LAST_LINES:]
    return Score(0.0, why or "\n".join(lines) or "The program failed.")


@dataclass(frozen=True, slots=True)
class CodeScorer:
    """1 where the program passes all tests of the item's record, within a time limit.

    ``code:strict`` leaves imports where they stand. Programs run in the sandbox, or in an isolated
    interpreter (`Services.run_program`).
    """

    hoist: bool = True
    seconds: float = 5.0
    calls: int = 0
    form: str = "code"
    needs_target: bool = False

    @property
    def name(self) -> str:
        return "code" if self.hoist else "code:strict"

    async def score(
        self, answer: Answer, item: Item, outcome: Mapping[str, Any], services: Services
    ) -> Score:
        source = with_tests(answer.text, item.record, hoist=self.hoist)
        return _verdict(await services.run_program(source, seconds=self.seconds))

    def with_argument(self, argument: str) -> CodeScorer:
        if argument != "strict":
            raise InputError(f"scorer code:{argument}: unknown; write code or code:strict")
        return CodeScorer(hoist=False)


code = CodeScorer()
