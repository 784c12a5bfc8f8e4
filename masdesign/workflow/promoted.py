"""A discovered design as a block: a definition that stands in the source of every design that calls it.

A promoted block is guest code. It never runs on the host: what calls it holds its definition, and takes it
along into the sandbox, the archive, an export. So a design means the same for ever, whatever its
blocks' names are given to later, and it needs nothing of the archive that the block came from.
"""

import ast
import keyword
import textwrap
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from masdesign.errors import InputError, SourceError
from masdesign.syntax import canonical, shallow, tree_of
from masdesign.types import Answer, Question
from masdesign.workflow.block import MOST_CALLS, Block, block
from masdesign.workflow.check import check
from masdesign.workflow.design import Design
from masdesign.workflow.parsing import parse
from masdesign.workflow.prelude import HELPERS

_VALUES = frozenset({"workflow", "forward", "gather", "task", "Task", "Question", "Answer", "Verdict"})
_TAKEN = _VALUES | HELPERS
_LONGEST_NAME = 40
_ENDING = """\
    found = await workflow(task)
    return found if isinstance(found, Answer) else Answer(found)
"""


@dataclass(frozen=True, slots=True)
class Promoted:
    """A block that was a design: ``await NAME(task)`` answers as the design does."""

    name: str
    version: str
    """The design's id."""
    definition: str = field(repr=False)
    """An async function of that name, complete in itself."""
    calls: int
    """The most completions of one call."""
    doc: str = field(default="", compare=False)
    """What it does, and what is known of how well: from its evidence."""

    def block(self) -> Block[..., Any]:
        """As an entry of a catalogue: typed and documented. It cannot be run on the host."""

        async def function(task: Question) -> Answer:
            raise InputError(f"{self.name} is a promoted block: it runs within a design alone")

        function.__name__ = self.name
        cost = f"at most {self.calls} call{'' if self.calls == 1 else 's'}"
        made = block(cost=cost, calls=self.calls)(function)
        return replace(made, doc=self.doc, source=self.definition, version=self.version)


def check_name(name: str, blocks: Collection[str]) -> None:
    """Raise `InputError` where the name cannot be a block's."""
    if not (name.isidentifier() and name.isascii() and name == name.lower()) or keyword.iskeyword(name):
        raise InputError(f"block name {name!r}: write it in lower case, as careful_vote")
    if name.startswith("_") or len(name) > _LONGEST_NAME:
        raise InputError(f"block name {name!r}: begin with a letter, at most {_LONGEST_NAME} characters")
    if name in blocks or name in _TAKEN:
        raise InputError(f"block name {name!r}: masdesign has something of that name; choose another")


def promoted(design: Design, name: str, blocks: Mapping[str, Block[Any, Any]], doc: str = "") -> Promoted:
    """The design as a block of that name.

    Raises:
        InputError: the name cannot be taken.
        SourceError: the design is not well-formed, or cannot stand within a function.
    """
    check_name(name, blocks)
    tree = parse(design.source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            reason = f"it cannot be a block: global {', '.join(node.names)} would mean another design's names"
            raise SourceError(reason, line=node.lineno, cure="pass the value on, and return it")
    if not any(getattr(node, "name", "") == "workflow" for node in tree.body):
        reason = "it cannot be a block: it has no workflow of its own"
        raise SourceError(reason, cure="write one that calls it")
    with shallow():
        definition = _definition(design, name, tree)
    checked = check(f"{definition}\n\nasync def workflow(task):\n    return await {name}(task)\n", blocks)
    return Promoted(name, design.id, definition, min(checked.call_bound, MOST_CALLS), doc)


def linked(design: Design, promotions: Mapping[str, Promoted]) -> Design:
    """The design with the definitions of the promoted blocks that it calls and does not define itself.

    The ids of these blocks' designs are among its parents. A source that does not parse stays as it is.
    """
    try:
        tree = parse(design.source)
    except SourceError:
        return design
    named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    defined = {str(getattr(n, "name", "")) for n in ast.walk(tree)}
    used = [promotions[name] for name in sorted((named & promotions.keys()) - defined)]
    if not used:
        return design
    parents = tuple(dict.fromkeys([*design.parents, *(p.version for p in used)]))
    return replace(design, source=with_definitions(design.source, used), parents=parents)


def with_definitions(source: str, used: Iterable[Promoted]) -> str:
    """The source after the definitions of these blocks."""
    return "\n\n".join([*(p.definition for p in sorted(used, key=lambda p: p.name)), source])


def _definition(design: Design, name: str, tree: ast.Module) -> str:
    body = textwrap.indent(design.source.strip("\n"), "    ")
    try:
        (wrapped,) = tree_of(f"async def {name}(task):\n{body}\n").body
        assert isinstance(wrapped, ast.AsyncFunctionDef)
        same = canonical(ast.Module(wrapped.body, [])) == canonical(tree)
    except (SyntaxError, ValueError):
        same = False
    if not same:  # a text over several lines, say, which indenting would change
        body = textwrap.indent(ast.unparse(tree), "    ")
    text = plain(design.thought) or plain(design.name)
    doc = f'    """{text + " " if text else ""}Block {name}, version {design.id}."""\n\n'
    return f"async def {name}(task):\n{doc}{body}\n\n{_ENDING}"


def plain(text: str) -> str:
    """A text from elsewhere as one line that a docstring may hold: printable, without quotes to end it.

    >>> plain("two\\nlines")
    'two lines'
    """
    line = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return line.replace("\\", "/").replace('"', "'")[:300]
