"""Replies of no use: a run ends early, or has scored nothing; with the reason and the cure, never as 0."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from masdesign.errors import InputError, UnusableReplies
from masdesign.evaluation.evaluation import Evaluation
from masdesign.types import FailureKind, Result

LEAST = 20
"""Items of one evaluation before it may end early."""
_WORDS: dict[FailureKind, tuple[str, str]] = {
    "cut": ("were cut{}", "set max_tokens higher"),
    "parse": ("could not be read", "see what the model writes, and set the answer form or the instruction"),
    "refused": ("were refused", "reword the questions, or take another model"),
}
_LENGTH = re.compile(r"cut after (\d+) tokens")


def check_replies(results: Sequence[Result], what: str = "run") -> None:
    """Raise `UnusableReplies` where more than half of the results are cut, unreadable or refused.

    >>> from masdesign.types import Failure
    >>> failure = Failure("cut", "no answer could be read: the last reply was cut after 512 tokens")
    >>> try:
    ...     check_replies([Result("a", None, 0.0, failure=failure)], "search")
    ... except UnusableReplies as error:
    ...     print(str(error)[:61])
    the search ends early: 1 of 1 replies were cut at 512 tokens;
    """
    failures = [r.failure for r in results if r.failure is not None and r.failure.kind in _WORDS]
    if 2 * len(failures) <= len(results):
        return
    counts = Counter(failure.kind for failure in failures)
    lengths = [int(match[1]) for failure in failures if (match := _LENGTH.search(failure.message))]
    at = f" at {max(lengths)} tokens" if lengths else ""
    parts = [
        f"{count} of {len(results)} replies {_WORDS[kind][0].format(at)}; {_WORDS[kind][1]}"
        for kind, count in counts.most_common()
    ]
    raise UnusableReplies(f"the {what} ends early: {'. '.join(parts)}. What is done is kept")


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
