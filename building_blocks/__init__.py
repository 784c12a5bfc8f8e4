"""The steps that a design can be made of: one block a file, its prompt a template beside it."""

from masdesign.building_blocks._registry import BLOCKS, blocks
from masdesign.building_blocks.catalogue import catalogue
from masdesign.building_blocks.fingerprint import fingerprint, versions
from masdesign.building_blocks.kit import ask_for_answer, ask_for_text

__all__ = ["BLOCKS", "ask_for_answer", "ask_for_text", "blocks", "catalogue", "fingerprint", "versions"]
