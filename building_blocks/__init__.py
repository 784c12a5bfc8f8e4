"""The steps that a design can be made of: one block a file, its prompt a template beside it."""

from __future__ import annotations

from masdesign.building_blocks._registry import BLOCKS, blocks
from masdesign.building_blocks.catalogue import catalogue
from masdesign.building_blocks.fingerprint import fingerprint, versions

__all__ = ["BLOCKS", "blocks", "catalogue", "fingerprint", "versions"]
