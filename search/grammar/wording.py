"""How a design's steps are asked: an instruction and a role for each block, put into the calls of a source.

The wordings that ship are in ``wordings.toml``; a model that writes designs can give others.
"""

import ast
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from masdesign.syntax import named_calls, tree_of
from masdesign.workflow import Design

SLOT_OF = {"self_consistency": "chain_of_thought"}
"""Blocks that ask with another one's template, and so share its wording."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How one block is asked. Empty texts leave the block's own."""

    label: str
    """A few words that tell it from the block's other wordings."""
    instruction: str = ""
    role: str = ""


PLAIN = Wording("plain")
"""The block as it is."""

Wordings = Mapping[str, Wording]
"""By block; a block that is not there is asked plainly."""


@cache
def shipped() -> Mapping[str, tuple[Wording, ...]]:
    """The wordings that ship, by block, the plain one first.

    >>> [wording.label for wording in shipped()["verify"]]
    ['plain', 'each step', 'recompute', 'strict', 'judge']
    """
    text = (files("masdesign.search") / "wordings.toml").read_text(encoding="utf-8")
    return {
        block: (PLAIN, *(Wording(**entry) for entry in entries))
        for block, entries in tomllib.loads(text).items()
    }


def slots(source: str) -> tuple[str, ...]:
    """The blocks of a source whose wording can be chosen, in the order of `shipped`.

    >>> slots("async def workflow(task):\\n    return await self_consistency(task, n=3)")
    ('chain_of_thought',)
    """
    called = {slot for slot, _ in _calls(tree_of(source))}
    return tuple(block for block in shipped() if block in called)


def worded(design: Design, wordings: Wordings) -> Design:
    """``design`` with each block asked as ``wordings`` say; its layout stays as it was.

    The texts stand as constants above the workflow. The source must be one that the grammar wrote: a
    call keeps an instruction or a role that it has.

    >>> plain = Design("async def workflow(task):\\n    return await direct(task)\\n", name="direct")
    >>> print(worded(plain, {"direct": Wording("quick", "Be quick. Answer: ...")}).source, end="")
    DIRECT = "Be quick. Answer: ..."
    <BLANKLINE>
    <BLANKLINE>
    async def workflow(task):
        return await direct(task, instruction=DIRECT)
    """
    calls = [
        (slot, call, added)
        for slot, call in _calls(tree_of(design.source))
        if (added := ", ".join(_arguments(slot, wordings.get(slot, PLAIN), call)))
    ]
    reworded = {slot for slot, _, _ in calls}
    chosen = {slot: wordings[slot] for slot in slots(design.source) if slot in reworded}
    if not chosen:
        return design
    lines = design.source.splitlines()
    for _, call, added in sorted(calls, key=lambda change: _end(change[1]), reverse=True):
        row, column = _end(call)
        line = lines[row].encode()
        before = "\n".join([*lines[:row], line[: column - 1].decode()]).rstrip()
        comma = "" if before.endswith(",") else ", "
        lines[row] = f"{line[: column - 1].decode()}{comma}{added}{line[column - 1 :].decode()}"
    parts = (each for slot, wording in chosen.items() for each in _texts(slot, wording))
    texts = "\n".join(f"{constant} = {json.dumps(text)}" for _, constant, text in parts)
    listed = ", ".join(f"{slot} {wording.label!r}" for slot, wording in chosen.items())
    return Design(
        f"{texts}\n\n\n" + "\n".join(lines) + "\n",
        name=f"{design.name}; {listed}",
        thought=f"{design.thought} Asks in other words: {listed}.",
        parents=design.parents,
        origin=design.origin,
    )


def _calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Each call of a block that has wordings, and the block whose wording it takes."""
    for name, call in named_calls(tree):
        slot = SLOT_OF.get(name, name)
        if slot in shipped():
            yield slot, call


def _end(call: ast.Call) -> tuple[int, int]:
    """The line, from 0, and the byte after the call's closing bracket."""
    return (call.end_lineno or 1) - 1, call.end_col_offset or 0


def _texts(slot: str, wording: Wording) -> Iterator[tuple[str, str, str]]:
    """Keyword, constant and text of what a wording says."""
    for keyword, suffix in (("instruction", ""), ("role", "_ROLE")):
        if text := getattr(wording, keyword):
            yield keyword, slot.upper() + suffix, text


def _arguments(slot: str, wording: Wording, call: ast.Call) -> Iterator[str]:
    """The keywords of a wording, but for those that the call has already."""
    given = {keyword.arg for keyword in call.keywords}
    return (f"{key}={constant}" for key, constant, _ in _texts(slot, wording) if key not in given)
