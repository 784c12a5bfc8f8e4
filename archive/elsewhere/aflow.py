"""AFlow's rounds: a class ``Workflow`` over operators in ``graph.py``, its prompts in ``prompt.py``.

The class's ``__call__`` becomes the workflow; each operator is a function of the design language that
asks what the operator asks. The flow and its prompts are kept; what the operators say around them is said
shortly.

Reference: Zhang et al. 2025, AFlow: Automating Agentic Workflow Generation, arXiv:2410.10762.
"""

import ast
import tomllib
from collections.abc import Mapping
from pathlib import Path

from masdesign.archive.elsewhere.brought import Unreadable, constants
from masdesign.errors import SourceError
from masdesign.workflow.parsing import parse

OPERATORS: dict[str, str] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
OPERATORS["MdEnsemble"] = OPERATORS["ScEnsemble"]
"""The operators that can be translated, each as a function of the design language."""
_PREFIX = "op_"
"""Before the names of operators, of which some are names of blocks."""
_ENDING = """\
async def workflow(task):
    said = await solve("\\n".join([*task.context, task.question, *task.choices]))
    text = str(said[0] if isinstance(said, tuple) else said)
    found = re.findall(r"(?i)answer(?: is)?[ :*=]+([^\\n]+)", text) or re.findall(r"boxed{([^{}]+)}", text)
    return Answer(found[-1].strip(" .*`$") if found else text.strip(), text)
"""


def from_aflow(graph: str, prompts: str) -> str:
    """The source of a design that runs a round's workflow.

    Raises:
        Unreadable: an operator or a part of the class that cannot be translated, with its line.
    """
    try:
        tree, texts = parse(graph), constants(parse(prompts))
    except SourceError as error:
        raise Unreadable(str(error)) from None
    workflow = _workflow(tree)
    operators = _operators(workflow)
    call = next((n for n in workflow.body if getattr(n, "name", "") == "__call__"), None)
    if not isinstance(call, ast.AsyncFunctionDef):
        raise Unreadable("its Workflow has no async __call__")
    arguments = [a.arg for a in call.args.args[1:]]
    if len(arguments) - len(call.args.defaults) > 1:
        raise Unreadable(
            f"line {call.lineno}: it needs {', '.join(arguments[1:])}, which only its benchmark has"
        )
    body = _Body(operators, texts)
    solve = ast.AsyncFunctionDef(
        name="solve",
        args=ast.arguments(
            posonlyargs=[],
            args=[ast.arg(a) for a in arguments],
            kwonlyargs=[],
            kw_defaults=[],
            defaults=call.args.defaults,
        ),
        body=[body.visit(node) for node in call.body],
        decorator_list=[],
    )
    if body.problems:
        line, reason = min(body.problems)
        raise Unreadable(f"line {line}: {reason}")
    used = [
        OPERATORS[kind].format(name=_PREFIX + name) for name, kind in operators.items() if name in body.used
    ]
    text = ast.unparse(ast.fix_missing_locations(ast.Module([solve], [])))
    return "\n\n".join(["import re\n", *used, text + "\n", _ENDING])


def _workflow(tree: ast.Module) -> ast.ClassDef:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(getattr(n, "name", "") == "__call__" for n in node.body):
            return node
    raise Unreadable("it has no class with a __call__")


def _operators(workflow: ast.ClassDef) -> dict[str, str]:
    """The kinds of operators by the names that ``__init__`` gives them on ``self``."""
    operators: dict[str, str] = {}
    for node in ast.walk(workflow):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            target, made = node.targets[0], node.value.func
            if (
                isinstance(target, ast.Attribute)
                and isinstance(made, ast.Attribute)
                and _name(made.value) == "operator"
            ):
                operators[target.attr] = made.attr
    return operators


class _Body(ast.NodeTransformer):
    """``self.NAME(…)`` becomes the operator's function, ``prompt_custom.NAME`` its text, a cost 0."""

    def __init__(self, operators: Mapping[str, str], prompts: Mapping[str, str]) -> None:
        self._operators, self._prompts = operators, prompts
        self.problems: list[tuple[int, str]] = []
        self.used: set[str] = set()

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        owner = _name(node.value)
        if _chain(node)[:2] == ["self", "llm"]:
            return ast.copy_location(ast.Constant(0.0), node)
        if owner == "self":
            kind = self._operators.get(node.attr)
            if kind is None or kind not in OPERATORS:
                what = f"the operator {kind}" if kind else f"self.{node.attr}"
                self.problems.append((node.lineno, f"{what} cannot be had here"))
            self.used.add(node.attr)
            return ast.copy_location(ast.Name(_PREFIX + node.attr, ast.Load()), node)
        if owner == "prompt_custom":
            if node.attr not in self._prompts:
                self.problems.append((node.lineno, f"prompt.py has no text {node.attr}"))
            return ast.copy_location(ast.Constant(self._prompts.get(node.attr, "")), node)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if _chain(node.func)[:2] == ["self", "llm"]:  # what it has cost so far
            return ast.copy_location(ast.Constant(0.0), node)
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        inner = node.value.func if isinstance(node.value, ast.Call) else node.value
        if _chain(inner)[:2] == ["self", "llm"]:
            return ast.copy_location(ast.Constant(0.0), node)
        return self.generic_visit(node)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _chain(node: ast.AST) -> list[str]:
    """``self.llm.cost`` as its parts; empty where it is something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []
