"""The blocks as a designer reads them: a typed stub and one line each."""

from collections.abc import Mapping
from typing import Any

from masdesign.building_blocks._registry import blocks as discovered
from masdesign.workflow import Block


def catalogue(blocks: Mapping[str, Block[..., Any]] | None = None) -> str:
    '''Stubs of the blocks (all of them by default), each with what it does, its cost and its paper.

    The text is valid Python, so that a type checker and a language model read the same.

    >>> print(catalogue({"direct": discovered()["direct"]}).splitlines()[-1])
        """Answers at once, without any steps. Cost: 1 call. arXiv:2005.14165"""
    '''
    registered = discovered() if blocks is None else blocks
    return "\n\n".join(_entry(block) for block in registered.values())


def _entry(block: Block[..., Any]) -> str:
    declaration = block.stub().removesuffix("...").rstrip()
    facts = [block.summary, f"Cost: {block.cost}.", block.reference]
    return f'{declaration}\n    """{" ".join(part for part in facts if part)}"""'
