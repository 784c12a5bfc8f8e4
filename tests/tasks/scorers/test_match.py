"""`match` and its kin: what is equal, and what is not, from the public bug reports of other tools."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masdesign.errors import InputError
from masdesign.tasks.scorers import SCORERS, form_of, infer_scorer, scorer_named
from masdesign.tasks.scorers._pure import PureScorer
from masdesign.types import Answer, Item

COLOURS = ("(A) red", "(B) light blue", "(C) green")


def item(target: str | tuple[str, ...], choices: tuple[str, ...] = ()) -> Item:
    return Item("1", "?", target, choices=choices)


def value(scorer: str, text: str, target: str | tuple[str, ...], choices: tuple[str, ...] = ()) -> float:
    made = scorer_named(scorer)
    assert isinstance(made, PureScorer)
    return made(Answer(text), item(target, choices))


@pytest.mark.parametrize("text", ["True", " true. ", "**True**", "TRUE", "`True`", "true"])
def test_exact_ignores_dress_and_the_case_of_words(text: str):
    assert value("exact", text, "True") == 1.0


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("(0,1)", "[0,1]"), ("5!", "5"), ("10²", "102"), ("x²", "x2"), ("CO", "Co"), ("{1, 2}", "[1, 2]"),
        ("a?", "a!"), ("} > ] )", "] > ) }"), ("5", "-5"), ("", "True"), ("true or false", "true"),
        ("5", ".5"),
    ],
)  # fmt: skip
def test_exact_is_strict(text: str, target: str):
    assert value("exact", text, target) == 0.0


def test_any_of_several_targets_will_do():
    assert value("exact", "Rome", ("Roma", "Rome")) == 1.0
    assert value("numeric", "2", ("1", "2")) == 1.0
    assert value("exact", "Milan", ("Roma", "Rome")) == 0.0
    assert value("exact", "x", ()) == 0.0


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("20% of the 100 people", "20"), ("42 (Confidence: 95%)", "42"), ("1/2", "0.5"), ("3 1/2", "3.5"),
        ("10^3", "1000"), ("1{,}234", "1234"), ("10,\\!080", "10080"), ("minus 5", "-5"),
        ("$1.5M", "1500000"),
        ("৩২", "32"), ("18 dollars a day, 7 days a week", "18"), ("9" * 400, "9" * 400), ("18.0 eggs", "18"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_written(text: str, target: str):
    assert value("numeric", text, target) == 1.0


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("1/2", "2"), ("10^3", "3"), ("\\frac{3}{4}", "4"), ("6!", "6"), ("5, not 42", "42"),
        ("between 3 and 8", "8"), ("12345679", "12345678"), ("0.333", "0.3333333"), ("", "0"), ("none", "0"),
    ],
)  # fmt: skip
def test_a_number_is_no_part_of_another(text: str, target: str):
    assert value("numeric", text, target) == 0.0


def test_a_tolerance_is_relative():
    assert value("numeric:0.01", "0.333", "0.33333") == 1.0
    assert value("numeric:0.01", "0.34", "0.33333") == 0.0
    assert value("numeric:0.001", "1000.5", "1000") == 1.0
    assert scorer_named("numeric:1e-6").name == "numeric"


def test_choice_by_letter_text_or_both():
    right = ["B", "b.", "(B)", "(b) light blue", "Light  Blue", "B) light blue", "**B**", "Option B"]
    wrong = ["A", "red", "", "(A) or (B)", "light", "D", "e.g. red"]
    assert [value("choice", t, "(B)", COLOURS) for t in right] == [1.0] * len(right)
    assert [value("choice", t, "(B)", COLOURS) for t in wrong] == [0.0] * len(wrong)


def test_options_without_letters_are_lettered_in_order():
    options = ("Yes", "No", "Perhaps")
    assert [value("choice", t, "No", options) for t in ("no", "B", "(B)")] == [1.0] * 3
    assert value("choice", "C", "Perhaps", options) == 1.0
    assert value("choice", "A", "No", options) == 0.0


@pytest.mark.parametrize(
    "options", [("5", ".5"), ("(1, 2)", "[1, 2]"), ("[1, 2)", "[1, 2]"), ("x2", "x²"), ("mg", "Mg")]
)
def test_options_that_differ_by_a_sign_alone_are_two(options: tuple[str, str]):
    assert value("choice", options[1], "B", options) == 1.0
    assert value("choice", options[0], "B", options) == 0.0


def test_a_letter_target_is_a_letter_even_where_options_are_letters():
    assert value("choice", "B", "B", ("B", "A")) == 1.0
    assert value("choice", "(A)", "B", ("B", "A")) == 0.0


def test_choice_without_a_known_target_is_exact():
    assert value("choice", "maybe", "maybe", ("Yes", "No")) == 1.0
    assert value("choice", "maybe", "maybe") == 1.0


def test_yes_is_true_and_no_is_false():
    assert [value("bool", t, "True") for t in ("Yes", "yes.", "TRUE", "Yes, it is.")] == [1.0] * 4
    assert [value("bool", t, "no") for t in ("False", "No - never")] == [1.0] * 2
    assert [value("bool", t, "True") for t in ("No", "maybe", "", "yes or no", "not true")] == [0.0] * 5


def test_labels_grids_json_and_lists():
    assert value("label", "Billing.", "billing") == 1.0
    assert value("grid", "1 2\n3 4", "[[1, 2], [3, 4]]") == 1.0
    assert value("grid", "3 4\n1 2", "[[1, 2], [3, 4]]") == 0.0
    assert value("json", '{"b": 2, "a": 1}', '{"a": 1, "b": 2}') == 1.0
    assert value("json", '{"a": 1}', '{"a": 2}') == 0.0
    assert value("list", "red, blue", '["red", "blue"]') == 1.0
    assert value("list", "blue, red", '["red", "blue"]') == 0.0


def test_match_is_under_the_form_of_the_task():
    match = scorer_named("match")
    assert match(Answer("1/2"), item("0.5")) == 0.0  # type: ignore[operator]
    assert match.for_form("number")(Answer("1/2"), item("0.5")) == 1.0  # type: ignore[attr-defined]


@settings(deadline=None)  # the first call imports SciPy
@given(st.text(), st.text(), st.lists(st.text(min_size=1), max_size=4))
def test_no_text_makes_a_scorer_raise(text: str, target: str, choices: list[str]):
    for scorer in SCORERS.all().values():
        if isinstance(scorer, PureScorer) and scorer.name != "ifeval":
            assert 0.0 <= scorer(Answer(text), item(target, tuple(choices))) <= 1.0


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1).filter(str.strip))
def test_the_target_itself_is_right(target: str):
    if any(character.isalnum() for character in target):
        assert value("exact", target, target) == 1.0


def test_every_scorer_has_a_name_a_line_and_a_form_that_there_is():
    from masdesign.tasks.forms import form_named

    for name, scorer in SCORERS.all().items():
        assert scorer.name == name
        assert scorer_named(name) is scorer or name == "math:hendrycks"
        assert type(scorer).__doc__
        assert not form_of(scorer) or form_named(form_of(scorer))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("exakt", "did you mean exact"),
        ("exact:3", "takes no argument"),
        ("judge:", "has nothing after the colon"),
        ("numeric:lots", "from 0 to 1"),
        ("numeric:nan", "from 0 to 1"),
        ("math:own", "math:hendrycks"),
        ("code:loose", "code:strict"),
        ("squad:x", "squad:em"),
        ("regex:(", "no regular expression"),
        ("no_such_module_here:f", "no_such_module_here"),
        ("statistics:no_such_function", "no function"),
        ("gone.py:f", "does not exist"),
        (":f", "names no function"),
    ],
)
def test_wrong_names_give_one_line(name: str, says: str):
    with pytest.raises(InputError, match=says) as caught:
        scorer_named(name)
    assert "\n" not in str(caught.value)


def repeated(*targets: str) -> list[Item]:
    return [Item(f"{n}", f"{n}?", targets[n % len(targets)]) for n in range(4 * len(targets))]


def test_the_scorer_is_inferred_where_that_is_certain():
    assert infer_scorer([item("18"), item("-1,200.5"), item("50%"), item("$3")]).name == "numeric"
    assert infer_scorer([item("Yes", ("Yes", "No")), item("B", COLOURS)]).name == "choice"
    assert infer_scorer(repeated("billing", "technical")).name == "label"
    assert infer_scorer(repeated("True", "False")).name == infer_scorer(repeated("yes", "no")).name == "bool"


@pytest.mark.parametrize(
    "items",
    [
        [item("18"), item("many")],
        [item("he left the house early"), item("on the first of May")],
        [item("maybe", ("Yes", "No"))],
        [item("a"), item("b"), item("c")],
        repeated(*map(str.upper, "abcdefghijklmnopqrstuvwxyz")),
        [item("[[1, 2], [3, 4]]")],
        [item(())],
    ],
)
def test_a_scorer_is_never_guessed(items: list[Item]):
    with pytest.raises(InputError, match=r"not certain .* name a scorer: .*exact") as caught:
        infer_scorer(items, "my.jsonl")
    assert "my.jsonl" in str(caught.value)


def test_the_scorers_that_may_be_meant_stand_first():
    with pytest.raises(InputError, match="name a scorer: code, exact"):
        infer_scorer([Item("1", "?", (), record={"test": "def check(f): pass"})])
