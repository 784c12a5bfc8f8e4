"""The scorer `code`, on the layouts of HumanEval, MBPP and MultiPL-E."""

from __future__ import annotations

import pytest

from masdesign.errors import InputError
from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers.code import with_tests
from masdesign.testing import LentServices
from masdesign.types import Answer, Item, Score

HUMANEVAL = {
    "prompt": (
        "import math\n\n\ndef helper(x):\n    return x + 1\n\n\n"
        'def up(x):\n    """Round up, and add one."""\n'
    ),
    "test": "def check(candidate):\n    assert candidate(1.5) == 3\n    assert candidate(2) == 3\n",
    "entry_point": "up",
}
MBPP = {"test_list": ["assert up(1.5) == 3", "assert up(2) == 3"], "test_imports": ["import math"]}
MULTIPL_E = {**{name: HUMANEVAL[name] for name in ("prompt", "entry_point")}, "language": "py"}
MULTIPL_E["tests"] = f"{HUMANEVAL['test']}\ndef test_check():\n    check(up)\n\ntest_check()\n"
WHOLE = "import math\ndef up(x):\n    return math.ceil(x) + 1"


async def score(program: str, record: dict, name: str = "code") -> Score:
    return await scorer_named(name).score(
        Answer(program), Item("1", "?", (), record=record), {}, LentServices()
    )


@pytest.mark.parametrize("record", [HUMANEVAL, MBPP, MULTIPL_E], ids=["HumanEval", "MBPP", "MultiPL-E"])
async def test_the_layouts_of_the_benchmarks(record: dict):
    assert (await score(WHOLE, record)).value == 1.0
    wrong = await score("def up(x):\n    return x", record)
    assert wrong.value == 0.0
    assert "AssertionError" in wrong.feedback


@pytest.mark.parametrize(
    "program",
    [
        "    return math.ceil(x) + 1\n",  # goes on after the prompt
        "def up(x):\n    return helper(math.ceil(x))",  # uses what the prompt has
        "    import math\n\ndef up(x):\n    return math.ceil(x) + 1",  # indented where the prompt ends
    ],
)
async def test_completions_and_whole_programs(program: str):
    assert (await score(program, HUMANEVAL)).value == 1.0


async def test_only_imports_that_the_program_has_hold():
    assert (
        await score("def up(x):\n    return re.sub('a', '', 'a') or 3", {**HUMANEVAL, "prompt": ""})
    ).value == 0
    misplaced = "def other():\n    import math\ndef up(x):\n    return math.ceil(x) + 1"
    record = {**HUMANEVAL, "prompt": ""}
    assert (await score(misplaced, record)).value == 1.0
    assert (await score(misplaced, record, "code:strict")).value == 0.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [
        "import sys\nsys.exit(0)",
        "import os\nos._exit(0)",
        "raise SystemExit",
        "while True: pass",
        "",
        "def up(x:",
    ],
)
async def test_a_program_that_does_not_reach_its_tests_end_fails(program: str):
    scorer = type(scorer_named("code"))(seconds=0.5)
    given = await scorer.score(Answer(program), Item("1", "?", (), record=MBPP), {}, LentServices())
    assert given.value == 0.0
    assert given.feedback


def test_what_cannot_be_scored():
    with pytest.raises(InputError, match=r'must have "test" or "test_list"'):
        with_tests(WHOLE, {"prompt": "x"})
    with pytest.raises(InputError, match="'rs'; the scorer code runs Python only"):
        with_tests(WHOLE, {**HUMANEVAL, "language": "rs"})
