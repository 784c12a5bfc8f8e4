"""Where the recorded calls of an archive's runs lie."""

from __future__ import annotations

import os
from pathlib import Path


def calls_beside(place: str) -> Path | None:
    """The file of recorded calls beside an archive; ``None`` (not kept) beside one in memory.

    ``MASDESIGN_CACHE`` names another file; a database at a URL has its calls in the working folder.
    """
    if given := os.environ.get("MASDESIGN_CACHE"):
        return Path(given)
    if place == ":memory:":
        return None
    return Path(".masdesign" if "://" in place else Path(place).parent) / "calls.db"
