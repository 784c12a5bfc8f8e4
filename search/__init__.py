"""What should be tried next? Strategies, one a file, and the loop that tries what they propose.

Names are imported on first use (PEP 562), so that importing this package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.search.compare.result import Comparison
    from masdesign.search.compare.verbs import run_compare, run_compare_async
    from masdesign.search.look.result import SearchResult
    from masdesign.search.loop.loop import search
    from masdesign.search.settings import Settings
    from masdesign.search.strategy import Proposal, Setting, Strategy
    from masdesign.search.verbs import run_search, run_search_async

__all__ = [
    "Comparison",
    "Proposal",
    "SearchResult",
    "Setting",
    "Settings",
    "Strategy",
    "run_compare",
    "run_compare_async",
    "run_search",
    "run_search_async",
    "search",
]

__getattr__, __dir__ = lazily(__name__)
