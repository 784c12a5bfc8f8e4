"""Most replies of no use: a run ends early, and says which they were and the cure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from masdesign.errors import UnusableReplies
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
