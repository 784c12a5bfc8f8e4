"""The guest's prelude: what the sandbox holds before a design's source.

The values as dataclasses, the pure helpers, and each block as a thin async function over the one
external function ``_md_call``. Names that begin with ``_md_`` are the prelude's own, so that a
design may define a ``majority`` for itself. Nothing here is trusted: the host checks what comes out.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Collection
from functools import cache

from masdesign.syntax import tree_of, without_docstring
from masdesign.workflow import adas, adas_arc, helpers

HELPERS = frozenset(name for name, _ in inspect.getmembers(helpers, inspect.isfunction))

ENTRY = "await _md_main()"
"""Fed for each item, with its question bound to ``_md_item`` and a seed to ``_md_seed``."""

_CORE = """
import asyncio as _md_asyncio
import random as _md_random
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

@_md_dataclass(frozen=True)
class Verdict:
    ok: bool
    critique: str = ""

Task = Question
_md_Question, _md_Answer, _md_Verdict = Question, Answer, Verdict

def _md_out(value):
    if isinstance(value, _md_Answer):
        return {"$": "Answer", "text": value.text, "reasoning": value.reasoning, "group": value.group}
    if value is _md_task:
        return {"$": "Question", "own": True}
    if isinstance(value, _md_Verdict):
        return {"$": "Verdict", "ok": value.ok, "critique": value.critique}
    if isinstance(value, _md_Question):
        context, choices = list(value.context), list(value.choices)
        asking = [value.instruction, list(value.labels), value.form]
        return {"$": "Question", "question": value.question, "context": context, "choices": choices,
                "asking": asking}
    if isinstance(value, (list, tuple)):
        return [_md_out(v) for v in value]
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

async def _md_block(name, args, kwargs):
    named = {k: _md_out(v) for k, v in kwargs.items()}
    return _md_in(await _md_call(name, [_md_out(a) for a in args], named))

async def gather(*awaitables):
    if not awaitables:
        return []
    return list(await _md_asyncio.gather(*awaitables))

async def _md_main():
    global _md_task
    _md_random.seed(_md_seed)
    _md_task = _md_in(_md_item)
    result = await workflow(_md_task)
    if isinstance(result, str):
        return {"$": "Answer", "text": result, "reasoning": ""}
    if isinstance(result, _md_Answer) and isinstance(result.text, str) and isinstance(result.reasoning, str):
        return _md_out(result)
    return {"$": "other", "type": type(result).__name__, "shown": repr(result)[:80]}
"""


def prelude(tree: ast.Module, blocks: Collection[str]) -> str:
    """The prelude for a design of this tree: of blocks and helpers, what it names. Each item carries it."""
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    wrappers = [
        f"async def {name}(*args, **kwargs):\n    return await _md_block({name!r}, args, kwargs)\n"
        for name in sorted(named.intersection(blocks))
    ]
    parts = [_helpers()] if named & HELPERS else []
    parts += [adas.guest()] if named & adas.NAMES else []
    parts += [adas_arc.GUEST] if named & adas.NAMES and adas_arc.asks_arc(tree) else []
    return "\n".join([_CORE, *parts, *wrappers])


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
