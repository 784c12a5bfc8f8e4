"""How good is a design, and how sure are we?

Names are imported on first use (PEP 562), so that importing this package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.evaluation.claims import Claim, claims_of, holm
    from masdesign.evaluation.curve import Curve, Point, Reference
    from masdesign.evaluation.evaluation import Evaluation
    from masdesign.evaluation.evaluator import EvaluationCut, evaluate
    from masdesign.evaluation.matched import Advantage, advantage
    from masdesign.evaluation.paired import Difference, mcnemar_exact, paired_difference, permutation
    from masdesign.evaluation.pooled import Pooled, pool
    from masdesign.evaluation.session import open_runtime
    from masdesign.evaluation.verbs import run_evaluate, run_evaluate_async

_HOMES = {
    "Advantage": "matched",
    "Claim": "claims",
    "Curve": "curve",
    "Difference": "paired",
    "Evaluation": "evaluation",
    "EvaluationCut": "evaluator",
    "Point": "curve",
    "Pooled": "pooled",
    "Reference": "curve",
    "advantage": "matched",
    "claims_of": "claims",
    "evaluate": "evaluator",
    "holm": "claims",
    "mcnemar_exact": "paired",
    "open_runtime": "session",
    "paired_difference": "paired",
    "permutation": "paired",
    "pool": "pooled",
    "run_evaluate": "verbs",
    "run_evaluate_async": "verbs",
}

__all__ = [
    "Advantage",
    "Claim",
    "Curve",
    "Difference",
    "Evaluation",
    "EvaluationCut",
    "Point",
    "Pooled",
    "Reference",
    "advantage",
    "claims_of",
    "evaluate",
    "holm",
    "mcnemar_exact",
    "open_runtime",
    "paired_difference",
    "permutation",
    "pool",
    "run_evaluate",
    "run_evaluate_async",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
