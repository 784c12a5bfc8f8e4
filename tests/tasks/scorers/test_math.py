"""`math` and `math:hendrycks`: the cases of the benchmark's own tests, and of math-verify."""

from __future__ import annotations

import hashlib
import random

import pytest

from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers.math import is_equivalent
from masdesign.testing import LentServices
from masdesign.types import Answer, Item

HENDRYCKS = [
    ("\\tfrac{1}{2} + \\frac1{72}", "\\\\frac{1}{2} + 2/3", False),
    ("10, 4, -2", "4, 10, -2", False),
    ("10, 4, 2", "4, 12, 2", False),
    ("\\tfrac{1}{2} +\\! \\frac1{72}", "\\\\dfrac{1}{2} +\\frac{1}{72}", True),
    ("10\\text{ units}", "10 ", True),
    ("10\\text{ units}", "100 ", False),
    ("10", "\\$10", True),
    ("\\left(x-2\\right)\\left(x+2\\right)", "(x-2)(x+2)", True),
    ("0.1, 4, 2", "4, .1, 2", False),
    ("0.1", ".1", True),
    ("10\\%", "10", True),
    ("10\\sqrt{3} + \\sqrt4", "10\\sqrt3 + \\sqrt{4}", True),
    ("\\frac34i", "\\frac{3}{4}i", True),
    ("\\tfrac83", "\\frac{8}{3}", True),
    ("5x - 7y + 11z + 4 = 0", "x + y - z + 2 = 0", False),
    ("1/2", "\\frac{1}{2}", True),
]
OFFICIAL = "ffa7a54782462efe"
PIECES = [
    "\\frac",
    "\\sqrt",
    "{",
    "}",
    "1",
    "2",
    "0.5",
    ".5",
    "=",
    "x",
    "/",
    "\\dfrac",
    "\\left",
    "(",
    ")",
    "\\right",
    "\\%",
    "%",
    "\\!",
    "\\\\",
    "^\\circ",
    "^{\\circ}",
    "\\$",
    "-",
    "3/4",
    "12/3",
    "0",
]


@pytest.mark.parametrize(("answer", "target", "equal"), HENDRYCKS)
async def test_the_benchmarks_own_cases(answer: str, target: str, equal: bool):
    given = await scorer_named("math:hendrycks").score(
        Answer(answer), Item("1", "?", target), {}, LentServices()
    )
    assert given.value == float(equal)


def test_generated_pairs_as_the_official_script():
    """The digest is of the verdicts that the published ``math_equivalence.py`` gave."""
    assert verdicts(is_equivalent) == OFFICIAL


def verdicts(equal) -> str:
    rng = random.Random(0)
    told = []
    for _ in range(5000):
        left = "".join(rng.choice([*PIECES, " ", "\n", "\\text{ cm}"]) for _ in range(rng.randint(0, 6)))
        right = rng.choice(
            [left.replace(" ", ""), left.replace("\\dfrac", "\\frac"), "".join(rng.sample(PIECES, 2))]
        )
        told.append(str(int(bool(equal(left, right)))))
    return hashlib.sha256("".join(told).encode()).hexdigest()[:16]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "target", "equal"),
    [
        ("\\frac12", "0.5", True),
        ("(1,2)", "(1, 2)", True),
        ("x+1", "1+x", True),
        ("\\{1, 2\\}", "\\{2, 1\\}", True),
        ("\\sqrt{8}", "2\\sqrt{2}", True),
        ("(1,2)", "[1,2]", False),
        ("3", "4", False),
        ("", "4", False),
        ("not a number", "4", False),
    ],
)
async def test_math_verify(answer: str, target: str, equal: bool):
    pytest.importorskip("math_verify")
    given = await scorer_named("math").score(Answer(answer), Item("1", "?", target), {}, LentServices())
    assert given.value == float(equal)


async def test_what_takes_too_long_scores_0():
    class Slow(LentServices):
        async def in_process(self, function, *arguments, **options):
            raise TimeoutError

    given = await scorer_named("math").score(Answer("9^{9^{9^9}}"), Item("1", "?", "1"), {}, Slow())
    assert (given.value, "in time" in given.feedback) == (0.0, True)
