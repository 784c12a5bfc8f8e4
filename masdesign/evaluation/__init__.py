"""How good is a design, and how sure are we?

Names are imported on first use (PEP 562), so that importing this package costs next to nothing.
"""

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.evaluation.evaluation import Evaluation
    from masdesign.evaluation.evaluator import EvaluationCut, EvaluationEnded, evaluate
    from masdesign.evaluation.pooled import Pooled, pool
    from masdesign.evaluation.session import open_runtime

__all__ = ["Evaluation", "EvaluationCut", "EvaluationEnded", "Pooled", "evaluate", "open_runtime", "pool"]

__getattr__, __dir__ = lazily(__name__)
