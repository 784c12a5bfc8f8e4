"""Metrics: what counts as right, for people's and models' ways of writing an answer."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.errors import InputError
from masdesign.tasks.metrics import (
    METRICS,
    Numeric,
    choice,
    exact,
    f1,
    infer_metric,
    last_number,
    metric_named,
    numeric,
)
from masdesign.types import Answer, Item

COLOURS = ("(A) red", "(B) light blue", "(C) green")


def item(target: str, choices: tuple[str, ...] = ()) -> Item:
    return Item("1", "?", target, choices=choices)


@pytest.mark.parametrize("text", ["True", " true. ", "**True**", '"TRUE"', "Ｔrue", "(true)", "`True`"])
def test_exact_ignores_case_space_and_what_stands_around(text: str):
    assert exact(Answer(text), item("True")) == 1.0


@pytest.mark.parametrize(
    ("text", "target"), [("5", "-5"), ("", "True"), ("true or false", "true"), ("", ". ;"), ("5", ".5")]
)
def test_exact_is_exact(text: str, target: str):
    assert exact(Answer(text), item(target)) == 0.0


def test_exact_compares_targets_that_are_punctuation():
    assert exact(Answer("] )"), item("] )")) == 1.0
    assert exact(Answer(") ]"), item("] )")) == 0.0


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("18", 18),
        ("so she makes $18.", 18),
        ("−7", -7),
        ("it is \u20117", -7),  # a hyphen that does not break, which some models write for a minus
        ("－7", -7),
        ("12\u202f500 in all", 12500),
        ("1\u00a0234\u00a0567", 1234567),
        ("it is -7.50", -7.5),
        ("10 - 3", 3),
        ("10-3", 3),
        ("(-3)", -3),
        ("-$1,234.5", -1234.5),
        ("$-2", -2),
        ("1,234,567", 1234567),
        ("12,34", 34),
        ("1e3", 1000),
        ("50%", 50),
        (".5", 0.5),
        ("x=4", 4),
        ("first 3, then 4", 4),
        ("none", None),
        ("", None),
        ("-", None),
    ],
)
def test_the_last_number(text: str, number: float | None):
    assert last_number(text) == number


def test_numeric_within_tolerance():
    assert numeric(Answer("18.0 eggs"), item("18")) == 1.0
    assert numeric(Answer("0.333333333"), item("0.33333333333")) == 1.0
    assert numeric(Answer("0.333"), item("0.33333333333")) == 0.0
    assert Numeric(0.01)(Answer("0.333"), item("0.33333333333")) == 1.0
    assert numeric(Answer("12345679"), item("12345678")) == 0.0
    assert numeric(Answer("9" * 400), item("18")) == 0.0


@pytest.mark.parametrize("target", ["12345678901234567890", "1e22", "9007199254740992"])
def test_large_whole_numbers_are_met_to_the_last_digit(target: str):
    assert numeric(Answer(f"about {target}."), item(target)) == 1.0
    assert numeric(Answer(f"{int(float(target)) + 1:,}"), item(target)) == 0.0
    above = str(int(target) + 1) if target.isdigit() else "10" + "0" * 20 + "1"
    assert numeric(Answer(above), item(target)) == 0.0


@pytest.mark.parametrize(
    "options",
    [
        ("5", ".5"),
        ("(1, 2)", "[1, 2]"),
        ("[1, 2)", "[1, 2]"),
        ("x2", "x²"),
        ("mg", "Mg"),
        ("(A) 5", "(B) .5"),
    ],
)
def test_options_that_differ_by_a_sign_alone_are_two(options: tuple[str, str]):
    right = options[1].removeprefix("(B) ")
    assert choice(Answer(options[1]), item(right, options)) == 1.0
    assert choice(Answer(options[0]), item(right, options)) == 0.0
    assert choice(Answer(options[0].removeprefix("(A) ")), item(right, options)) == 0.0


def test_no_letter_names_no_option_beyond_the_alphabet():
    many = tuple(f"option {n}" for n in range(30))
    assert choice(Answer("..."), item("option 26", many)) == 0.0
    assert choice(Answer("Option 26"), item("option 26", many)) == 1.0


def test_choice_by_letter_text_or_both():
    right = ["B", "b.", "(B)", "(b) light blue", "Light  Blue", "B) light blue", "I choose (B).", "**B**"]
    wrong = ["A", "red", "", "(A) or (B)", "blue", "light", "D", "(D) light blue"]
    assert [choice(Answer(t), item("(B)", COLOURS)) for t in right] == [1.0] * len(right)
    assert [choice(Answer(t), item("(B)", COLOURS)) for t in wrong] == [0.0] * len(wrong)


def test_choice_letters_unlabelled_options_in_order():
    options = ("Yes", "No", "A")
    assert choice(Answer("no"), item("No", options)) == 1.0
    assert choice(Answer("B"), item("No", options)) == 1.0
    assert choice(Answer("(B)"), item("No", options)) == 1.0
    assert choice(Answer("A"), item("A", options)) == 1.0  # an option's text goes before a letter
    assert choice(Answer("A"), item("Yes", options)) == 0.0


def test_choice_without_a_known_target_is_exact():
    assert choice(Answer("maybe"), item("maybe", ("Yes", "No"))) == 1.0
    assert choice(Answer("maybe"), item("maybe")) == 1.0


def test_f1_as_squad_reckons_it():
    assert f1(Answer("The red fox!"), item("a red fox")) == 1.0
    assert f1(Answer("red red"), item("red")) == pytest.approx(2 / 3)
    assert f1(Answer("cow"), item("red fox")) == 0.0
    assert f1(Answer("the"), item("an")) == 1.0  # nothing but articles, on both sides
    assert f1(Answer(""), item("fox")) == 0.0


@given(st.text(), st.text(), st.lists(st.text(min_size=1), max_size=4))
def test_no_text_makes_a_metric_raise(text: str, target: str, choices: list[str]):
    for metric in METRICS.values():
        assert 0.0 <= metric(Answer(text), item(target, tuple(choices))) <= 1.0


@given(st.text(min_size=1).filter(str.strip))
def test_the_target_itself_is_right(target: str):
    assert exact(Answer(target), item(target)) == f1(Answer(target), item(target)) == 1.0


def test_metrics_by_name():
    assert metric_named("f1") is f1
    assert metric_named("numeric:0.1").name == "numeric:0.1"
    assert metric_named("numeric:1e-6").name == "numeric"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("exakt", "use exact"),
        ("judge:gpt", "no judges yet"),
        ("numeric:lots", "from 0 to 1"),
        ("numeric:nan", "from 0 to 1"),
        ("no_such_module_here:f", "no_such_module_here"),
        ("math:no_such_function", "no function"),
        ("", "unknown metric"),
        (":f", "names no module"),
        (".x:f", "names no module"),
    ],
)
def test_wrong_metric_names_give_one_line(name: str, says: str):
    with pytest.raises(InputError, match=says) as caught:
        metric_named(name)
    assert "\n" not in str(caught.value)


def test_a_metric_of_the_users_own(tmp_path, monkeypatch):
    source = "def half(answer, item): return 0.5\ndef wild(answer, item): return 7\n"
    (tmp_path / "my_scoring_module.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    assert metric_named("my_scoring_module:half")(Answer("x"), item("y")) == 0.5
    with pytest.raises(InputError, match="must give 0 to 1"):
        metric_named("my_scoring_module:wild")(Answer("x"), item("y"))
    sys.modules.pop("my_scoring_module")
    (tmp_path / "my_broken_module.py").write_text("def half(answer")
    with pytest.raises(InputError, match=r"my_broken_module fails .SyntaxError"):
        metric_named("my_broken_module:half")


def test_the_metric_is_inferred():
    assert infer_metric([item("18"), item("-1,200.5"), item("50%")]) is numeric
    assert infer_metric([item("18"), item("many")]) is exact
    assert infer_metric([item("Yes", ("Yes", "No"))]) is choice
    assert infer_metric([item("he left the house early"), item("on the first of May")]) is f1
    assert infer_metric([]) is exact
