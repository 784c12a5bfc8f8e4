"""MATH: competition mathematics. Hendrycks et al. 2021, arXiv:2103.03874."""

from collections.abc import Mapping
from typing import Any

from masdesign.tasks.recipes import Recipe


def last_boxed(text: str) -> str | None:
    r"""What stands in the last ``\boxed{…}`` of a solution.

    >>> last_boxed(r"so \boxed{1} or \boxed{\frac{1}{2}}.")
    '\\frac{1}{2}'
    """
    start = max(text.rfind("\\boxed{"), text.rfind("\\fbox{"))
    if start < 0:
        return None
    depth, begin = 0, text.index("{", start)
    for place in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[begin + 1 : place]
    return None


def _with_answer(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    answer = row.get("answer") or last_boxed(str(row.get("solution", "")))
    return {**row, "answer": answer} if answer else None


math_ = Recipe(
    name="math",
    description="Solve a problem of competition mathematics; the answer is an expression.",
    licence="MIT",
    source="https://github.com/hendrycks/math (also the 500 problems of MATH-500)",
    official="share of the 5,000 test problems whose answer is equal under the benchmark's own rules",
    scorer="math:hendrycks",
    form="math",
    columns={"question": "problem", "target": "answer", "solution": "solution"},
    files={"train": "MATH/train", "test": "MATH/test"},
    hub={"test": "HuggingFaceH4/MATH-500:test"},
    keys=frozenset({"problem", "solution", "level"}),
    prepare=_with_answer,
)
