"""What has been discovered? Designs, their evaluations item by item, where they came from, what failed.

The names below are imported when they are first used, so that a strategy can have its view of the
archive without the database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from masdesign.archive.insight import Evidence, Insight
    from masdesign.archive.runnable import Runnable, load
    from masdesign.archive.runs import Opening, RunRecord
    from masdesign.archive.store import Archive
    from masdesign.archive.view import ArchiveView, Entry

_HOMES = {
    "Archive": "store",
    "ArchiveView": "view",
    "Entry": "view",
    "Evidence": "insight",
    "Insight": "insight",
    "Opening": "runs",
    "RunRecord": "runs",
    "Runnable": "runnable",
    "load": "runnable",
}

__all__ = [
    "Archive",
    "ArchiveView",
    "Entry",
    "Evidence",
    "Insight",
    "Opening",
    "RunRecord",
    "Runnable",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'masdesign.archive' has no attribute {name!r}")
    return getattr(import_module(f"masdesign.archive.{_HOMES[name]}"), name)
