"""The static type check of a design: what is certainly wrong, in words, before anything runs.

The checker (ty, within Monty) is strict; a workflow is short and dynamic. So only what would surely
fail is an error: what fails for one part of a union is left to the run.
"""

from __future__ import annotations

import ast
import atexit
import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from masdesign.errors import SourceError
from masdesign.syntax import tree_of
from masdesign.workflow.block import Block

if TYPE_CHECKING:
    from pydantic_monty import Monty, ResourceLimits

_CURES = {
    "unknown-argument": "see the block's parameters in the catalogue",
    "missing-argument": "give it",
    "too-many-positional-arguments": "pass the rest by name",
    "positional-only-parameter-as-kwarg": "pass it by position",
    "parameter-already-assigned": "pass it once",
    "unresolved-reference": "define it, or use a block or helper of the catalogue",
    "unresolved-attribute": "",
    "invalid-argument-type": "",
    "unused-awaitable": "write `await` before the call",
    "unresolved-import": "use the standard modules that the interpreter has",
    "not-iterable": "",
    "invalid-await": "await block calls and gather only",
    "invalid-return-type": "return an Answer or text",
    "call-non-callable": "",
    "invalid-syntax": "correct the syntax",
}
"""The rules that count, each with its cure. Others are left to the run."""

_QUOTED = re.compile(r"`([^`]*)`")
_PATIENCE = (5.0, 20.0)
"""Seconds for a check, which takes 10 to 20 ms on a free processor, and for its repetition on a busy machine.

The clock on the wall also runs while other programs have the processor: a sound design must not be refused
because the machine is busy.
"""
_MEMORY = 512 * 2**20
_PROCESSES = 2
_END = "\n\ndef _md_end():\n    yield\n"
"""Fed after the source: the type checker accepts it, the interpreter's parser does not, so nothing runs."""
_END_REFUSED = "yield expressions"


_TYPES = Path(__file__).with_name("declarations.txt").read_text(encoding="utf-8")
"""The design language as typed declarations."""


def stubs(blocks: Iterable[Block[Any, Any]]) -> str:
    """Declarations of the values, the helpers and ``blocks``."""
    return _TYPES + "\n".join(block.stub() for block in sorted(blocks, key=lambda b: b.name)) + "\n"


def check_types(source: str, lines: Mapping[int, int], stubs: str) -> None:
    """Raises `SourceError` for the first thing that is certainly mistyped; ``lines`` maps to the original."""
    annotated, back = _annotate(source)
    for diagnostic in sorted(_diagnostics(annotated, stubs), key=_cause_first):
        rule, message = str(diagnostic["code"]), str(diagnostic["message"])
        if rule in _CURES and _certain(rule, message):
            row = back.get(diagnostic["location"]["row"])
            raise SourceError(
                message.replace("`", "'"), line=lines.get(row) if row else None, cure=_cure(rule, message)
            )


def _cause_first(diagnostic: dict[str, Any]) -> tuple[bool, int]:
    """A wrong call comes before the wrong result that it makes, else line by line."""
    return diagnostic["code"] == "invalid-return-type", diagnostic["location"]["row"]


def _diagnostics(source: str, stubs: str) -> list[dict[str, Any]]:
    """What the type checker says; asked once more where it crashes, or is late on a busy machine."""
    from pydantic_monty import MontyCrashedError

    for last, patience in enumerate(_PATIENCE):
        try:
            return _check(source + _END, stubs, patience)
        except MontyCrashedError as error:
            if error.timed_out and (last or not _is_busy()):
                reason = f"checking its types took longer than {patience:g} s"
                raise SourceError(reason, cure="write it more simply") from None
            if last:
                raise SourceError("checking its types failed", cure="write it more simply") from None
    raise AssertionError


def _is_busy() -> bool:
    """Whether more programs than processors ran in the last minute."""
    return not hasattr(os, "getloadavg") or os.getloadavg()[0] > (os.cpu_count() or 1)


def _check(source: str, stubs: str, patience: float) -> list[dict[str, Any]]:
    from pydantic_monty import CollectString, MontyCrashedError, MontyError, MontyTypingError

    limits: ResourceLimits = {"max_memory": _MEMORY, "max_feed_duration_secs": patience}
    checkout = _pool(patience).checkout(
        limits=limits, type_check=True, type_check_stubs=stubs, type_check_format="json"
    )
    try:
        with checkout as session:
            session.feed_run(source, print_callback=CollectString())
    except MontyTypingError as error:
        diagnostics: list[dict[str, Any]] = json.loads(error.display())
        return diagnostics
    except MontyCrashedError:
        raise
    except MontyError as error:
        if _END_REFUSED in str(error):
            return []
        if isinstance(error.exception(), MemoryError):
            reason = "checking its types takes too much memory"
            raise SourceError(reason, cure="write it more simply") from None
        reason = f"the interpreter cannot read it: {error}"
        raise SourceError(reason, cure="write it more simply") from None
    raise AssertionError("the interpreter has run a source that was to be checked")


@cache
def _pool(patience: float) -> Monty:
    """The checking processes of the whole program: made at the first check, ended with the program."""
    from pydantic_monty import Monty

    pool = Monty(max_processes=_PROCESSES, request_timeout=patience)
    pool.__enter__()
    atexit.register(pool.__exit__, None, None, None)
    return pool


def _annotate(source: str) -> tuple[str, dict[int, int]]:
    """The source with the types of ``workflow`` written in, and for each of its lines that of ``source``."""
    tree = tree_of(source)
    for node in tree.body:
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "workflow":
            node.args.args[0].annotation = ast.Name("Question", ast.Load())
            node.returns = tree_of("Answer | str", "eval").body
    return unparsed(tree)


def unparsed(tree: ast.Module) -> tuple[str, dict[int, int]]:
    """The tree as source, and for each of its lines the line of the tree's nodes there."""
    text = ast.unparse(ast.fix_missing_locations(tree))
    lines: dict[int, int] = {}
    for new, old in zip(ast.walk(tree_of(text)), ast.walk(tree), strict=False):
        if isinstance(new, (ast.stmt, ast.expr)) and isinstance(old, (ast.stmt, ast.expr)):
            lines.setdefault(new.lineno, old.lineno)
    return text, lines


def _certain(rule: str, message: str) -> bool:
    if rule == "unresolved-attribute":
        return "in union" not in message
    if rule == "invalid-return-type":
        return "implicitly" not in message and not _possible(message)
    return rule != "invalid-argument-type" or not _possible(message)


def _possible(message: str) -> bool:
    """Whether what was found may, in part, be what was expected."""
    quoted = _QUOTED.findall(message)
    if len(quoted) < 2:
        return False
    expected, actual = quoted[-2], quoted[-1]
    parts = {p.strip() for p in expected.split("|")}
    shares = any(p.strip() in parts for p in actual.split("|"))
    return (
        shares or ("|" in actual and "Literal" in actual) or "Unknown" in actual or "Any" in actual.split("|")
    )


def _cure(rule: str, message: str) -> str:
    if "Coroutine" in message:
        return "write `await` before the call"
    return _CURES[rule]
