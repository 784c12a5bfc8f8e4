"""An item's right answers and record; how a task's questions are asked."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from masdesign.errors import InputError
from masdesign.tasks.task import Task, chance_of
from masdesign.types import PLAIN, Answer, Asking, Item, Question

CANARY = "canary-5f1d"


def test_one_text_is_a_tuple_of_one_target():
    item = Item("a", "1 + 1 =", "2")
    assert item.targets == ("2",)
    assert item.target == "2"
    assert replace(item, targets=["2", "two"]).targets == ("2", "two")
    assert Item("b", "?", ()).target == ""


def test_a_question_shows_neither_target_nor_record_nor_solution_nor_id():
    item = Item(CANARY, "1 + 1 =", (CANARY, CANARY), ("a",), ("b",), {"row": CANARY}, CANARY)
    question = Question.of(item, Asking("Add.", ("x",), "line"))
    assert CANARY not in str(asdict(question))
    assert question == Question("1 + 1 =", ("a",), ("b",), "Add.", ("x",), "line")
    assert question.asking == Asking("Add.", ("x",), "line")


def test_a_task_says_how_it_asks_and_only_then_is_another_version():
    items = [Item(str(n), f"{n} + 1 =", str(n + 1)) for n in range(4)]
    plain = Task.of("sums", val=items)
    told = Task.of("sums", val=items, instruction="Add.", labels=["1", "2"])
    assert plain.asking == PLAIN
    assert plain.version == "1"
    assert told.asking == Asking("Add.", ("1", "2"))
    assert told.version not in ("1", Task.of("sums", val=items, instruction="Add!").version)


def test_an_unknown_form_is_named_with_the_nearest_match():
    with pytest.raises(InputError, match=r"answer form 'lien' does not exist; did you mean line\?"):
        Task.of("sums", val=[Item("a", "1 + 1 =", "2")], answer="lien")


async def test_match_compares_under_the_form_of_the_task():
    items = [Item("a", "How many?", "1250")]
    for form, score in (("number", 1.0), ("line", 0.0)):
        task = Task.of("sums", val=items, scorer="match", answer=form)
        assert (await task.scorer.score(Answer("1,250 pens"), items[0], None, None)).value == score


def test_items_without_a_target_have_no_chance():
    assert chance_of([Item("a", "Write f.", ()), Item("b", "Write g.", ())]) == 0.0
