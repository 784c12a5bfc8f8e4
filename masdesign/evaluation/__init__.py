"""How good is a design, and how sure are we?

Names are imported on first use (PEP 562), so that importing this package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.evaluation.baselines import direct, reference_curve, step_by_step
    from masdesign.evaluation.blank import answers_without_model, blank_control
    from masdesign.evaluation.claims import Claim, claims_of, holm
    from masdesign.evaluation.curve import Curve, Point, Reference
    from masdesign.evaluation.evaluation import Evaluation
    from masdesign.evaluation.evaluator import EvaluationCut, evaluate
    from masdesign.evaluation.headroom import Headroom, Oracle, headroom_of
    from masdesign.evaluation.intervals import Interval, bootstrap_mean, mean_interval, wilson
    from masdesign.evaluation.matched import Advantage, advantage
    from masdesign.evaluation.paired import Difference, mcnemar_exact, paired_difference, permutation
    from masdesign.evaluation.pooled import Pooled, pool
    from masdesign.evaluation.racing import Race
    from masdesign.evaluation.session import open_runtime
    from masdesign.evaluation.shrinkage import shrunk_scores
    from masdesign.evaluation.verbs import run_evaluate, run_evaluate_async
    from masdesign.evaluation.votes import evaluate_votes, self_consistency_design

_HOMES = {
    "Advantage": "matched",
    "Claim": "claims",
    "Curve": "curve",
    "Difference": "paired",
    "Evaluation": "evaluation",
    "EvaluationCut": "evaluator",
    "Headroom": "headroom",
    "Interval": "intervals",
    "Oracle": "headroom",
    "Point": "curve",
    "Pooled": "pooled",
    "Race": "racing",
    "Reference": "curve",
    "advantage": "matched",
    "answers_without_model": "blank",
    "blank_control": "blank",
    "bootstrap_mean": "intervals",
    "claims_of": "claims",
    "direct": "baselines",
    "evaluate": "evaluator",
    "evaluate_votes": "votes",
    "headroom_of": "headroom",
    "holm": "claims",
    "mcnemar_exact": "paired",
    "mean_interval": "intervals",
    "open_runtime": "session",
    "paired_difference": "paired",
    "permutation": "paired",
    "pool": "pooled",
    "reference_curve": "baselines",
    "run_evaluate": "verbs",
    "run_evaluate_async": "verbs",
    "self_consistency_design": "votes",
    "shrunk_scores": "shrinkage",
    "step_by_step": "baselines",
    "wilson": "intervals",
}

__all__ = [
    "Advantage",
    "Claim",
    "Curve",
    "Difference",
    "Evaluation",
    "EvaluationCut",
    "Headroom",
    "Interval",
    "Oracle",
    "Point",
    "Pooled",
    "Race",
    "Reference",
    "advantage",
    "answers_without_model",
    "blank_control",
    "bootstrap_mean",
    "claims_of",
    "direct",
    "evaluate",
    "evaluate_votes",
    "headroom_of",
    "holm",
    "mcnemar_exact",
    "mean_interval",
    "open_runtime",
    "paired_difference",
    "permutation",
    "pool",
    "reference_curve",
    "run_evaluate",
    "run_evaluate_async",
    "self_consistency_design",
    "shrunk_scores",
    "step_by_step",
    "wilson",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
