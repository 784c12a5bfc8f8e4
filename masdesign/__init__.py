"""masdesign: automatic design of multi-agent systems.

    import masdesign as md
    task = md.load_task("arithmetic")
    found = md.run_search(task, model="abacus", budget="20000calls", seed=0)
    print(found.best.source, found.advantage)

Nothing heavy is imported before a verb is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.archive import Archive
    from masdesign.distill import run_distill, run_distill_async
    from masdesign.distill.bridge import dspy_lm, from_dspy, to_dspy
    from masdesign.lm.own import model
    from masdesign.plugins import load_plugins
    from masdesign.search import run_compare, run_compare_async, run_search, run_search_async
    from masdesign.session.config import Config
    from masdesign.session.evaluate import run_evaluate, run_evaluate_async
    from masdesign.session.runnable import load
    from masdesign.tasks import Task, load_task
    from masdesign.workflow import Design, block

__version__ = "0.1.0"

_HOMES = {
    "Archive": "archive",
    "Config": "session.config",
    "Design": "workflow",
    "Task": "tasks",
    "block": "workflow",
    "dspy_lm": "distill.bridge",
    "from_dspy": "distill.bridge",
    "load": "session.runnable",
    "load_plugins": "plugins",
    "load_task": "tasks",
    "model": "lm.own",
    "run_compare": "search",
    "run_compare_async": "search",
    "run_distill": "distill",
    "run_distill_async": "distill",
    "run_evaluate": "session.evaluate",
    "run_evaluate_async": "session.evaluate",
    "run_search": "search",
    "run_search_async": "search",
    "to_dspy": "distill.bridge",
}

__all__ = [
    "Archive",
    "Config",
    "Design",
    "Task",
    "block",
    "dspy_lm",
    "from_dspy",
    "load",
    "load_plugins",
    "load_task",
    "model",
    "run_compare",
    "run_compare_async",
    "run_distill",
    "run_distill_async",
    "run_evaluate",
    "run_evaluate_async",
    "run_search",
    "run_search_async",
    "to_dspy",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
