"""What has been discovered? Designs, their evaluations item by item, where they came from, what failed.

The names below are imported when they are first used, so that a strategy can have its view of the
archive without the database.
"""

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.archive.insight import Evidence, Insight
    from masdesign.archive.store import Archive
    from masdesign.archive.tables.runs import OpeningRecord, RunRecord
    from masdesign.archive.view import ArchiveView, Entry

__all__ = ["Archive", "ArchiveView", "Entry", "Evidence", "Insight", "OpeningRecord", "RunRecord"]

__getattr__, __dir__ = lazily(__name__)
