"""Scorers of the user's own, and `regex`."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from pathlib import Path

import pytest

from masdesign.errors import InputError
from masdesign.tasks.scorers import scorer_named
from masdesign.testing import LentServices
from masdesign.types import Answer, Item, Score

ITEM = Item("1", "?", "x", record={"weight": 2})
SOURCE = """
import asyncio
from masdesign.types import Score

def half(answer, item): return 0.5
def why(answer, item): return (1, f"weight {item.record['weight']}")
async def later(answer, item):
    await asyncio.sleep(0)
    return Score(0.25, "later", {"a": 0.1})
def all_of_it(answer, item, outcome, services): return outcome["done"]
def wild(answer, item): return 7
def text(answer, item): return "1"
def nothing(answer, item): return None
"""


async def score(what: object) -> Score:
    return await scorer_named(what).score(Answer("x"), ITEM, {"done": 1.0}, LentServices())  # type: ignore[arg-type]


async def test_functions_of_a_file_and_of_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "my_own_scoring.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    assert await score("my_own_scoring.py:half") == Score(0.5)
    assert await score("my_own_scoring:why") == Score(1.0, "weight 2")
    assert await score(f"{tmp_path}/my_own_scoring.py:later") == Score(0.25, "later", {"a": 0.1})
    assert await score("my_own_scoring:all_of_it") == Score(1.0)
    for name in ("wild", "text", "nothing"):
        with pytest.raises(InputError, match="give a number from 0 to 1"):
            await score(f"my_own_scoring:{name}")


async def test_functions_at_hand():
    assert await score(lambda answer, item: answer.text == item.target) == Score(1.0)
    assert scorer_named(lambda a, i: 1).name == "<lambda>"
    with pytest.raises(InputError, match="is no scorer"):
        scorer_named(3)  # type: ignore[arg-type]


async def test_a_file_that_fails(tmp_path: Path):
    (tmp_path / "my_broken_scoring.py").write_text("def half(answer")
    with pytest.raises(InputError, match=r"my_broken_scoring.py .*SyntaxError"):
        scorer_named(f"{tmp_path}/my_broken_scoring.py:half")


async def regex(pattern: str, text: str, *targets: str) -> float:
    return (
        await scorer_named(pattern).score(Answer(text), Item("1", "?", targets), {}, LentServices())
    ).value


async def test_regular_expressions():
    assert await regex(r"regex:^\d{3}$", "123") == 1.0
    assert await regex(r"regex:^\d{3}$", "1234") == 0.0
    assert await regex("regex", "The Cat", "dog", "(?i)cat") == 1.0
    with pytest.raises(InputError, match="no regular expression"):
        await regex("regex", "x", "(")


@pytest.mark.parametrize("function", [lambda: 1, lambda a: 1, lambda a, b, c: 1, lambda a, b, c, d, e: 1])
def test_a_function_of_other_arguments_is_refused_at_once(function):
    with pytest.raises(InputError, match=r"let it take \(answer, item\) or \(answer, item, outcome, serv"):
        scorer_named(function)


async def test_arguments_with_defaults():
    assert await score(lambda answer, item, weight=0.5: weight) == Score(0.5)
    assert await score(lambda *given: len(given) / 4) == Score(1.0)


async def test_a_function_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("masdesign.tasks.scorers.user.SECONDS", 0.2)
    ended = threading.Event()
    with pytest.raises(TimeoutError, match="for one answer"):
        await score(lambda answer, item: ended.wait())
    ended.set()
    assert await score(lambda answer, item: 1) == Score(1.0)


async def test_a_function_that_exits_fails_as_any_other():
    with pytest.raises(RuntimeError, match="SystemExit: 3"):
        await score(lambda answer, item: sys.exit(3))
    with pytest.raises(KeyError, match="x"):
        await score(lambda answer, item: {}["x"])


async def test_functions_run_one_at_a_time():
    inside, most = [0], [0]

    def busy(answer, item):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.01)
        inside[0] -= 1
        return 1.0

    await asyncio.gather(*(score(busy) for _ in range(5)))
    assert most == [1]
