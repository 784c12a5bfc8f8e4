"""What can be said of a design from its source: the features that insights speak of."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from masdesign.building_blocks import blocks
from masdesign.errors import SourceError
from masdesign.syntax import named_calls, variables
from masdesign.workflow import Design, call_bound
from masdesign.workflow.parsing import parse

CALLS = (1, 4, 8, 16)
"""Bounds of the classes of calls an item: up to 1, up to 4, up to 8, up to 16, more."""
FAILED = "fails: "
"""Before the reason, where an insight says how designs failed."""

_SAME = {"self_consistency": ("asks chain_of_thought", "a vote")}
"""Blocks that only put others together: a design that writes them out is no other design."""
_HELPERS = {"majority": "a vote", "weighted_majority": "a weighted vote", "agreement": "stops on agreement"}


def features(design: Design, calls: int | None = None) -> frozenset[str]:
    """The features of a design; none where its source cannot be read.

    ``calls`` is the bound of its calls, where it is known; otherwise it is read from the source.

    >>> source = "async def workflow(task):\\n    return await self_consistency(task, n=3)"
    >>> sorted(features(Design(source)))
    ['a vote', 'asks chain_of_thought', 'calls: 2 to 4']
    """
    return _features(design.source, calls)


@lru_cache(maxsize=4096)
def _features(source: str, calls: int | None) -> frozenset[str]:
    try:
        tree = parse(source)
    except SourceError:
        return frozenset()
    return frozenset({*_steps(tree), _size(call_bound(source, blocks()) if calls is None else calls)})


def _steps(tree: ast.Module) -> Iterator[str]:
    asking = blocks().keys() - variables(tree)
    for name, call in named_calls(tree):
        if name in asking:
            yield from _SAME.get(name, (f"asks {name}",))
            yield from _asked(name, call)
        elif name in _HELPERS:
            yield _HELPERS[name]


def _asked(name: str, call: ast.Call) -> Iterator[str]:
    """How a block is asked, where not plainly."""
    for keyword in call.keywords:
        if keyword.arg in ("instruction", "role"):
            yield f"gives {name} {'a role' if keyword.arg == 'role' else 'an instruction'}"
        elif keyword.arg == "model" and isinstance(keyword.value, ast.Constant) and keyword.value.value:
            yield f"asks the model {keyword.value.value!s}"


def _size(calls: int) -> str:
    low = 1
    for high in CALLS:
        if calls <= high:
            return f"calls: {low} to {high}" if high > low else f"calls: {high}"
        low = high + 1
    return f"calls: more than {CALLS[-1]}"
