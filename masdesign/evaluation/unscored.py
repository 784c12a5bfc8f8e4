"""Nothing was scored: that is a reason in one line, and never a score of 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation


def require_scored(evaluations: Sequence[Evaluation]) -> None:
    """Raise `InputError` where the evaluations have results, and no item of them was scored."""
    results = [result for evaluation in evaluations for result in evaluation.results]
    if results and all(result.score is None for result in results):
        raise InputError(
            f"no item was scored: {unscored_reason(evaluations)}; see whether the model answers "
            "(masdesign doctor), then run it again"
        )


def unscored_reason(evaluations: Sequence[Evaluation]) -> str:
    """The commonest failure of the items that were not scored, with their number."""
    results = [result for evaluation in evaluations for result in evaluation.results]
    failures = Counter(r.failure for r in results if r.score is None and r.failure is not None)
    if not failures:
        return f"{len(results)} items without a result"
    failure, count = failures.most_common(1)[0]
    return f"{count} of {len(results)} items failed ({failure.kind}: {failure.message})"
