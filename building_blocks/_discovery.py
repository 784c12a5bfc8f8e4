"""Which blocks there are: those that the modules of this folder define."""

from __future__ import annotations

from functools import cache
from typing import Any

from masdesign.modules import modules_in
from masdesign.workflow import Block


def blocks() -> dict[str, Block[..., Any]]:
    """Every block by its name, in order of name.

    Adding a block is adding a file to this folder (and its template beside it); files whose names
    start with an underscore are not looked into.

    >>> "chain_of_thought" in blocks()
    True
    """
    return dict(_found())


@cache
def _found() -> dict[str, Block[..., Any]]:
    found: dict[str, Block[..., Any]] = {}
    for module in modules_in(__package__):
        for value in vars(module).values():
            if isinstance(value, Block) and value.function.__module__ == module.__name__:
                if value.name in found:
                    raise ValueError(
                        f"two blocks are called {value.name}; rename the one in {module.__name__}"
                    )
                found[value.name] = value
    return dict(sorted(found.items()))
