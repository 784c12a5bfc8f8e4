"""The registry of blocks: those that the modules of this folder define, and those of plug-ins."""

from typing import Any

from masdesign.registry import Registry
from masdesign.versions import short_hash, version_of
from masdesign.workflow import Block


def _version(block: Block[..., Any]) -> str:
    """Return the version of a block: of its code and of the templates beside it."""
    code = version_of(block.function)
    return short_hash(f"{code} {block.prompts}") if block.prompts else code


BLOCKS: Registry[Block[..., Any]] = Registry("block", Block, home=__package__, version=_version)


def blocks() -> dict[str, Block[..., Any]]:
    """Every block by its name, sorted; with those of the plug-ins that are active.

    Adding a block is adding a file to this folder (and its template beside it), or a plug-in.

    >>> "chain_of_thought" in blocks()
    True
    """
    return BLOCKS.all()
