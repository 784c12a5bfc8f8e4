"""`math` on math-verify's own cases: its verdict, through the process and its limits of time.

The cases are the library's tests (github.com/huggingface/Math-Verify, folder ``tests``; Apache-2.0), which no
wheel holds: name a copy of the folder in MATH_VERIFY_TESTS. Without it a table of our own stands in.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers.math import _between_dollars, equal_to_any
from masdesign.testing import LentServices
from masdesign.types import Answer, Item

pytest.importorskip("math_verify")
FOLDER = Path(os.environ.get("MATH_VERIFY_TESTS") or "../shared/data/math_verify")

OURS = [
    ("12", "12.0"), ("12", "twelve"), ("1,234", "1234"), ("\\frac{7}{8}", "7/8"), ("0.875", "\\dfrac78"),
    ("2\\pi", "\\pi \\cdot 2"), ("\\sqrt{18}", "3\\sqrt2"), ("\\{3, 1\\}", "\\{1, 3\\}"),
    ("(3, 1)", "(1, 3)"),
    ("[0, 1)", "[0, 1)"), ("[0, 1)", "[0, 1]"), ("x \\in [2, 3]", "[2, 3]"), ("x = 5", "5"), ("5\\%", "0.05"),
    ("x^2 + 2x + 1", "(x+1)^2"), ("\\begin{pmatrix}1 & 2\\end{pmatrix}", "\\begin{pmatrix}1&2\\end{pmatrix}"),
    ("\\boxed{4}", "4"), ("$4$", "4"), ("\\text{B}", "B"), ("30^\\circ", "30"), ("\\infty", "-\\infty"),
    ("e^{i\\pi}", "-1"), ("\\binom{5}{2}", "10"), ("5!", "120"), ("y = 2x + 1", "2x - y + 1 = 0"),
]  # fmt: skip


def cases(folder: Path) -> Iterator[tuple[str, str]]:
    """Pairs of texts in the lists that the library's tests are parametrised with."""
    for file in sorted(folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple) and len(node.elts) in (2, 3):
                texts = [e.value for e in node.elts[:2] if isinstance(e, ast.Constant)]
                if len(texts) == 2 and all(isinstance(text, str) for text in texts):
                    yield str(texts[0]), str(texts[1])


def library(gold: str, answer: str) -> bool:
    """The library's own verdict in this, the main thread, with its own limits of time."""
    from math_verify import parse, verify

    return bool(verify(parse(_between_dollars(gold)), parse(_between_dollars(answer))))


async def agreement(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs of which the scorer says otherwise than the library."""
    lent, scorer, other = LentServices(), scorer_named("math"), []
    for gold, answer in pairs:
        given = await scorer.score(Answer(answer), Item("1", "?", gold), {}, lent)
        same_text = gold.strip() == answer.strip()
        if bool(given.value) != (same_text or library(gold, answer)):
            other.append((gold, answer))
    return other


@pytest.mark.slow
async def test_our_cases_as_the_library_judges_them():
    assert await agreement(OURS) == []


@pytest.mark.slow
@pytest.mark.skipif(not FOLDER.is_dir(), reason="no copy of math-verify's tests (MATH_VERIFY_TESTS)")
async def test_the_librarys_own_cases():
    pairs = list(dict.fromkeys(cases(FOLDER)))
    assert len(pairs) >= 150
    assert await agreement(pairs) == []


@pytest.mark.slow
async def test_a_comparison_that_takes_for_ever_ends():
    lent = LentServices()
    with pytest.raises(TimeoutError):
        await lent.in_process(equal_to_any, "9^{9^{9^{9}}}+x^{10^{10}}", ("(x+1)^{100000}",), seconds=2.0)
