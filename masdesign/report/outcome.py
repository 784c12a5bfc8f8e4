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
    found = inside(value, *path)
    known = isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)
    return float(found) if known else None


def text(value: Any, *path: str) -> str:
    """The text at the path, else nothing."""
    found = inside(value, *path)
    return found if isinstance(found, str) else ""


def texts(value: Any, *path: str) -> tuple[str, ...]:
    """The texts of the list at the path."""
    found = inside(value, *path)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()
