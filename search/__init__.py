"""What should be tried next? Strategies, one a file, and the loop that tries what they propose.

loop/         a search up to its look at test: the budget's plan, baselines, batches; begin with `loop.py`
look/         its end: the one look at test, and the result
objective.py  what a search is after; the rule for best stands in `masdesign.archive.leaderboard`
strategies/   what decides which design is tried next, one a file; `strategy.py` says what one is
grammar/      designs that are grown, without a language model
designer/     designs that a language model writes
insights/     what runs learn of designs, for later runs
compare/      which strategy is worth its money?
ablation/     what does each step of a design earn?
solve/        a design for one question, without labels

Names are imported on first use (PEP 562), so that importing this package costs next to nothing.
"""

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
