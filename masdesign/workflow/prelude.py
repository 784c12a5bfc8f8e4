"""The guest's prelude: what the sandbox holds before a design's source.

The values as dataclasses, the pure helpers, and each block as a thin async function over the one
external function ``_md_call``. Names that begin with ``_md_`` are the prelude's own, so that a
design may define a ``majority`` for itself. Nothing here is trusted: the host checks what comes out.
"""

import ast
import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any

from masdesign.syntax import tree_of, without_docstring
from masdesign.types import Answer, Question
from masdesign.workflow import adas, adas_arc, helpers
from masdesign.workflow.block import Block

HELPERS = frozenset(name for name, _ in inspect.getmembers(helpers, inspect.isfunction))

ENTRY = "await _md_main()"
"""Fed for each item, with its question bound to ``_md_item`` and a seed to ``_md_seed``."""

_VALUES = """
from dataclasses import dataclass as _md_dataclass

@_md_dataclass(frozen=True)
class Question:
    question: str
    context: list = ()
    choices: list = ()
    instruction: str = ""
    labels: list = ()
    form: str = "line"

@_md_dataclass(frozen=True)
class Answer:
    text: str
    reasoning: str = ""
    group: str = ""

Task = _md_Question = Question
_md_Answer = Answer
"""

_VERDICT = """
@_md_dataclass(frozen=True)
class Verdict:
    ok: bool
    critique: str = ""

_md_Verdict = Verdict
"""

_CROSSING = """
def _md_out(value):
    if isinstance(value, _md_Answer):
        return {"$": "Answer", "text": value.text, "reasoning": value.reasoning, "group": value.group}
    if value is _md_task:
        return {"$": "Question", "own": True}
    if isinstance(value, _md_Question):
        context, choices = list(value.context), list(value.choices)
        asking = [value.instruction, list(value.labels), value.form]
        return {"$": "Question", "question": value.question, "context": context, "choices": choices,
                "asking": asking}
    if isinstance(value, (list, tuple)):
        return [_md_out(v) for v in value]
    if isinstance(value, _md_Verdict):
        return {"$": "Verdict", "ok": value.ok, "critique": value.critique}
    return value

def _md_in(value):
    if isinstance(value, dict):
        if value["$"] == "Answer":
            return _md_Answer(value["text"], value["reasoning"], value.get("group", ""))
        if value["$"] == "Verdict":
            return _md_Verdict(value["ok"], value["critique"])
        return _md_Question(value["question"], value["context"], value["choices"], *value.get("asking", ()))
    if isinstance(value, list):
        return [_md_in(v) for v in value]
    return value
"""

_BLOCK = """
async def _md_block(name, args, kwargs):
    named = {k: _md_out(v) for k, v in kwargs.items()}
    return _md_in(await _md_call(name, [_md_out(a) for a in args], named))
"""

_GATHER = """
import asyncio as _md_asyncio

async def gather(*awaitables):
    if not awaitables:
        return []
    return list(await _md_asyncio.gather(*awaitables))
"""

_RANDOM = "import random as _md_random"

_SEEDS = "    _md_random.seed(_md_seed)\n"
_MAIN = f"""
async def _md_main():
    global _md_task
{_SEEDS}    _md_task = _md_in(_md_item)
    result = await workflow(_md_task)
    if isinstance(result, str):
        return {{"$": "Answer", "text": result, "reasoning": ""}}
    if isinstance(result, _md_Answer) and isinstance(result.text, str) and isinstance(result.reasoning, str):
        return _md_out(result)
    return {{"$": "other", "type": type(result).__name__, "shown": repr(result)[:80]}}
"""


def prelude(tree: ast.Module, blocks: Mapping[str, Block[..., Any]]) -> str:
    """The prelude for a design of this tree: what it can come to use, and no more.

    It is a part of the state that each item keeps while it waits, and most of it. So blocks and helpers are
    there where they are named, verdicts where they are named or a block may give one, and the generator of
    random numbers where it is imported.
    """
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used = sorted(named.intersection(blocks))
    wrappers = [
        f"async def {name}(*args, **kwargs):\n    return await _md_block({name!r}, args, kwargs)\n"
        for name in used
    ]
    imported = _imported(tree)
    verdicts = "Verdict" in named or not all(_gives_no_verdict(blocks[name]) for name in used)
    parts = [_VALUES, _VERDICT if verdicts else "_md_Verdict = ()", _CROSSING]
    parts += [_GATHER] if "gather" in named else []
    # Where nothing else can wait meanwhile, a call needs no future.
    call = "await _md_call" if {"gather", "asyncio"} & (named | imported) else "_md_now"
    parts += [_BLOCK.replace("await _md_call", call)]
    parts += [_RANDOM, _MAIN] if "random" in imported else [_MAIN.replace(_SEEDS, "")]
    parts += [_helpers()] if named & HELPERS else []
    parts += [adas.guest()] if named & adas.NAMES else []
    parts += [adas_arc.GUEST] if named & adas.NAMES and adas_arc.asks_arc(tree) else []
    return "\n".join([*parts, *wrappers])


def _imported(tree: ast.Module) -> set[str]:
    """The modules that a source imports."""
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
    return modules


def _gives_no_verdict(block: Block[..., Any]) -> bool:
    return block.hints.get("return") in (Answer, Question, str, int, float, bool, list[str], list[Answer])


@cache
def _helpers() -> str:
    """The helpers as guest code, under private names: a design cannot break one by redefining another."""
    tree = tree_of(inspect.getsource(helpers))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    names = {f.name for f in functions} | {"Answer"}
    for function in functions:
        function.body = without_docstring(function.body)
        _strip_annotations(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id in names:
                node.id = "_md_" + node.id
    aliases = [f"{f.name} = _md_{f.name}" for f in functions]
    for function in functions:
        function.name = "_md_" + function.name
    return "\n".join([*map(ast.unparse, functions), *aliases])


def _strip_annotations(function: ast.FunctionDef) -> None:
    function.returns = None
    for argument in (*function.args.args, *function.args.kwonlyargs):
        argument.annotation = None
