"""masdesign: automatic design of multi-agent systems.

    import masdesign as md
    task = md.load_task("arithmetic")
    found = md.run_search(task, model="abacus", budget="20000calls", seed=0)
    print(found.best.source, found.advantage)

Nothing heavy is imported before a verb is used.
"""

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.archive import Archive
    from masdesign.distill import run_distill, run_distill_async
    from masdesign.distill.bridge import dspy_lm, from_dspy, to_dspy
    from masdesign.experiments.verbs import run_baseline, run_baseline_async, run_transfer, run_transfer_async
    from masdesign.lm.load import model
    from masdesign.plugins import load_plugins
    from masdesign.report import run_report, run_report_async
    from masdesign.search import run_compare, run_compare_async, run_search, run_search_async
    from masdesign.search.ablation.ablation import run_ablate, run_ablate_async
    from masdesign.search.advice import run_advise, run_advise_async
    from masdesign.search.replay import run_replay, run_replay_async
    from masdesign.search.solve.verbs import run_solve, run_solve_async
    from masdesign.session.config import Config
    from masdesign.session.runnable import load
    from masdesign.session.session import Session
    from masdesign.session.spec import Conduct, RunSpec
    from masdesign.session.verbs import (
        run_design,
        run_design_async,
        run_evaluate,
        run_evaluate_async,
        run_promote,
        run_promote_async,
    )
    from masdesign.tasks import Task, load_task
    from masdesign.tasks.scorers.user import scorer
    from masdesign.workflow import Design, block

__version__ = "0.1.0"

__all__ = [
    "Archive",
    "Conduct",
    "Config",
    "Design",
    "RunSpec",
    "Session",
    "Task",
    "block",
    "dspy_lm",
    "from_dspy",
    "load",
    "load_plugins",
    "load_task",
    "model",
    "run_ablate",
    "run_ablate_async",
    "run_advise",
    "run_advise_async",
    "run_baseline",
    "run_baseline_async",
    "run_compare",
    "run_compare_async",
    "run_design",
    "run_design_async",
    "run_distill",
    "run_distill_async",
    "run_evaluate",
    "run_evaluate_async",
    "run_promote",
    "run_promote_async",
    "run_replay",
    "run_replay_async",
    "run_report",
    "run_report_async",
    "run_search",
    "run_search_async",
    "run_solve",
    "run_solve_async",
    "run_transfer",
    "run_transfer_async",
    "scorer",
    "to_dspy",
]

__getattr__, __dir__ = lazily(__name__)
