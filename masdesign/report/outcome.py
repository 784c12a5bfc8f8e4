"""Values out of a run's outcome: JSON that an import may have filled with anything."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def inside(value: Any, *path: str) -> Any:
    """What lies at the path; ``None`` where nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def number(value: Any, *path: str) -> float | None:
    """The finite number at the path, else ``None``.

    >>> number({"best": {"val": 0.5, "name": "<b>"}}, "best", "val"), number({"best": 1}, "best", "val")
    (0.5, None)
    """
    entry = inside(value, *path)
    valid = isinstance(entry, int | float) and not isinstance(entry, bool) and math.isfinite(entry)
    return float(entry) if valid else None


def text(value: Any, *path: str) -> str:
    """The text at the path, else nothing."""
    entry = inside(value, *path)
    return entry if isinstance(entry, str) else ""


def texts(value: Any, *path: str) -> tuple[str, ...]:
    """The texts of the list at the path."""
    entry = inside(value, *path)
    return tuple(part for part in entry if isinstance(part, str)) if isinstance(entry, list) else ()
