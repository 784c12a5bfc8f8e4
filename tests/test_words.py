"""Names and messages of the source: one name, one meaning; no flag in a library error."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import masdesign

ROOT = Path(masdesign.__file__).resolve().parent
FOLDERS = [ROOT, *(ROOT.parent / name for name in ("search", "archive", "building_blocks"))]
Function = ast.FunctionDef | ast.AsyncFunctionDef

MOST_SHARED_CLASSES = 3
MOST_PARAMETERS = 10
PUBLISHED = {"book_reservation"}
"""Functions whose parameters are somebody else's schema (tau-bench)."""
_COMMANDS = {"__main__.py", "smollm2.py"}
"""Files that are commands themselves, or quote one of another tool (pip)."""
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


@cache
def trees() -> dict[Path, ast.Module]:
    paths = {path.resolve() for folder in FOLDERS for path in folder.rglob("*.py")}
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(paths)}


def functions() -> Iterator[tuple[Path, Function]]:
    for path, tree in trees().items():
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, Function))


def bound_names(function: Function) -> set[str]:
    """Parameters of the function and names that it assigns, those of functions within it left out."""
    arguments, waiting = function.args, list[ast.AST](function.body)
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return names


@pytest.mark.slow
def test_no_function_calls_a_value_found() -> None:
    vague = [f"{path.name}: {node.name}" for path, node in functions() if "found" in bound_names(node)]
    assert not vague


def test_a_public_class_name_stands_for_one_thing() -> None:
    homes = defaultdict(set)
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].add(str(path.relative_to(ROOT.parent)))
    shared = {name: sorted(files) for name, files in homes.items() if len(files) > 1}
    assert len(shared) <= MOST_SHARED_CLASSES, shared


@pytest.mark.slow
def test_a_function_takes_at_most_ten_parameters() -> None:
    long = {
        f"{path.name}: {node.name}": count
        for path, node in functions()
        if (count := len([*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs])) > MOST_PARAMETERS
        and node.name not in PUBLISHED
    }
    assert not long


def test_no_error_of_the_library_names_a_flag_of_the_command_line() -> None:
    named = [
        f"{path}:{node.lineno}: {text}"
        for path, tree in trees().items()
        if "cli" not in path.parts and path.name not in _COMMANDS
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        for text in _texts(node)
        if _FLAG.search(text)
    ]
    assert not named


def _texts(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value
