"""Is a source well-formed? Parse, lint with mechanical rewrites, static types, the bound of its calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from masdesign.syntax import shallow
from masdesign.workflow import adas
from masdesign.workflow.block import Block
from masdesign.workflow.bound import bound_of
from masdesign.workflow.design import Design, parse
from masdesign.workflow.lint import lint
from masdesign.workflow.prelude import prelude
from masdesign.workflow.rewrite import rewrite
from masdesign.workflow.sandbox import Program
from masdesign.workflow.static_types import check_types
from masdesign.workflow.stubs import stubs


@dataclass(frozen=True)
class Checked:
    """A well-formed design, ready to run."""

    source: str
    program: Program = field(repr=False)
    call_bound: int
    """No item asks for more completions than this; 64 where no lower bound is known."""

    @property
    def source_rewritten(self) -> str:
        """The source as the interpreter is given it."""
        return self.program.source


def check(
    source: str | Design, blocks: Mapping[str, Block[Any, Any]], *, models: Collection[str] = ()
) -> Checked:
    """The source made ready to run.

    Parameters:
        blocks: those that it may call, by name.
        models: names of models that it may ask for, where these are to be checked now; every other
            name in a ``model=`` is then an error. (At the run, only the run's own names are known.)

    Raises:
        SourceError: with the line, the reason and the cure.
    """
    text = source.source if isinstance(source, Design) else source
    return _check(text, _Blocks(blocks), frozenset(models) if models else None)


def call_bound(source: str | Design, blocks: Mapping[str, Block[Any, Any]]) -> int:
    """The most completions of one item, from the source alone; 64 where that is not known."""
    return bound_of(parse(source.source if isinstance(source, Design) else source), blocks)


class _Blocks:
    """Blocks as a key: the same names at the same versions are the same."""

    def __init__(self, blocks: Mapping[str, Block[Any, Any]]) -> None:
        self.blocks = blocks
        self.key = tuple(sorted((name, b.version) for name, b in blocks.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Blocks) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=1024)
def _check(source: str, known: _Blocks, models: frozenset[str] | None) -> Checked:
    tree = parse(source)
    lint(tree, known.blocks, models)
    bound = bound_of(tree, known.blocks)
    with shallow():
        rewritten, lines = rewrite(source, tree)
        dialect = adas.STUBS if adas.ENTRY in source else ""
        check_types(rewritten, lines, stubs(known.blocks.values()) + dialect)
    return Checked(source, Program(prelude(tree, known.blocks), rewritten, lines), bound)
