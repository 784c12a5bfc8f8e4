"""Which expressions the models of a run can play, where one of them answers some prompts only."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import CodeType
from typing import Any

from masdesign.lm import Repertoire
from masdesign.search.grammar.combinator import Combinator
from masdesign.search.grammar.expression import Expression
from masdesign.workflow import Block


def playable(expression: Expression, repertoires: Mapping[str, Repertoire]) -> bool:
    """Whether every model answers all that is asked of it; ``repertoires`` are by name.

    A model with one answer to a question is asked for it in one way only, at temperature 0: whatever else
    might be asked would bring the same text.
    """
    return not repertoires or all(_answered(expression, name, known) for name, known in repertoires.items())


def _answered(expression: Expression, name: str, known: Repertoire) -> bool:
    steps = [part for part in expression.walk() if isinstance(part.form.origin, Block) and part.model == name]
    for step in steps:
        if not known.templates.issuperset(templates(step.form.origin)) or step.value("role"):
            return False
        if known.draws == 1 and (step.draws or step.name == "direct"):
            return False
    return draws(expression, name) <= known.draws


def draws(expression: Expression, model: str) -> int:
    """The most solutions that ``model`` is asked for on one item."""
    origin = expression.form.origin
    inner = [draws(part, model) for part in expression.parts]
    if isinstance(origin, Combinator):
        times = expression.value("n") or 1 if origin.draws else 1
        asked = [
            n * times if p in origin.draws else n for p, n in zip(expression.form.parts, inner, strict=True)
        ]
        return max(asked, default=0) if origin.excludes else sum(asked)
    if isinstance(origin, Block) and expression.model == model and "chain_of_thought" in templates(origin):
        return origin.bound(dict(expression.slots))
    return int(expression.model == model and expression.name == "direct")


@cache
def templates(block: Block[..., Any]) -> frozenset[str]:
    """The templates that a block asks with, itself or through the blocks that it calls.

    >>> from masdesign.building_blocks import blocks
    >>> sorted(templates(blocks()["decompose"]))
    ['chain_of_thought', 'merge_answers', 'split_question']
    """
    return frozenset(_asked(block, set()))


def called(block: Block[..., Any]) -> set[str]:
    """Names of the blocks that a block calls itself."""
    named = (block.function.__globals__.get(name) for name in _names(block.function.__code__))
    return {each.name for each in named if isinstance(each, Block)}


def _asked(thing: Any, seen: set[int]) -> Iterator[str]:
    """What a block or a function of blocks asks with, following what it calls."""
    function = thing.function if isinstance(thing, Block) else thing
    if id(function) in seen or not str(getattr(function, "__module__", "")):
        return
    seen.add(id(function))
    yield from thing.templates if isinstance(thing, Block) else ()
    for name in _names(function.__code__):
        step = function.__globals__.get(name)
        is_shared = str(getattr(step, "__module__", "")).startswith("masdesign.building_blocks")
        if isinstance(step, Block) or (is_shared and hasattr(step, "__code__")):
            yield from _asked(step, seen)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
