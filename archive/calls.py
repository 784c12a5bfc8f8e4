"""Where the recorded calls of an archive's runs lie."""

import os
from pathlib import Path


def calls_beside(place: str) -> Path | str | None:
    """The file of recorded calls beside an archive; ``None`` (not kept) beside one in memory.

    An archive on a PostgreSQL server has them in the same database, so that one person's calls are
    another's cache. ``MASDESIGN_CACHE`` names another file, or such a server's URL.
    """
    if given := os.environ.get("MASDESIGN_CACHE"):
        return given if "://" in given else Path(given)
    if place == ":memory:":
        return None
    if place.startswith("postgresql"):
        return place
    return Path(".masdesign" if "://" in place else Path(place).parent) / "calls.db"
