"""The steps that a design can be made of: one block a file, its prompt a template beside it."""

from __future__ import annotations

from masdesign.building_blocks._discovery import blocks
from masdesign.building_blocks.catalogue import catalogue
from masdesign.building_blocks.fingerprint import fingerprint, versions

__all__ = ["blocks", "catalogue", "fingerprint", "versions"]
