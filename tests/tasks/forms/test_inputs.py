"""Answers as models write them, by kind: numbers in words and units, options, labels, fences, lists."""

from __future__ import annotations

import pytest

from masdesign.tasks.forms import form_named
from masdesign.tasks.scorers import scorer_named
from masdesign.types import Answer, Item


def right(reply: str, target: str) -> bool:
    """Whether a reply under the form ``number`` is right by the scorer ``numeric``."""
    answer = form_named("number").read(f"Answer: {reply}", ())
    return answer is not None and bool(scorer_named("numeric")(Answer(answer), Item("1", "?", target)))


@pytest.mark.parametrize(
    ("reply", "target"),
    [
        ("forty-two", "42"),
        ("Forty two apples", "42"),
        ("one hundred and twenty", "120"),
        ("a dozen", "12"),
        ("three thousand two hundred", "3200"),
        ("two dozen eggs", "24"),
        ("half", "0.5"),
        ("zero", "0"),
        ("a quarter", "0.25"),
        ("two thirds", "2/3"),
        ("minus seven", "-7"),
        ("two million", "2000000"),
        ("四十二", "42"),
        ("五百零七", "507"),
        ("一二三", "123"),
        ("三万五千", "35000"),
        ("Ⅳ", "4"),
        ("٤٢", "42"),
        ("４２", "42"),
        ("๔๒", "42"),
        ("42 km/h", "42"),
        ("5 m²", "5"),
        ("18€", "18"),
        ("€ 18.50", "18.5"),
        ("USD 18", "18"),
        ("£1.2k", "1200"),
        ("~5", "5"),
        ("approximately 5 minutes", "5"),
        ("2 x 10^5", "200000"),
        ("1.5 × 10⁻³", "0.0015"),
        ("1'000", "1000"),
        ("1 000 000", "1000000"),
        ("5 (five)", "5"),
        ("five (5)", "5"),
        ("2+3=5", "5"),
        ("20%", "20"),
        ("20%", "0.2"),
        ("20 percent", "0.2"),
        ("0.2", "20%"),
        ("1.5%", "0.015"),
        ("20", "20%"),
    ],
)
def test_numbers_that_are_right(reply: str, target: str):
    assert right(reply, target)


@pytest.mark.parametrize(
    ("reply", "target"),
    [
        ("no", "0"),
        ("one of them", "1"),
        ("no one", "1"),
        ("two or three", "2"),
        ("five six", "5"),
        ("[3, 5]", "3"),
        ("3–5", "5"),
        ("≥ 5", "5"),
        ("6!", "720"),
        ("2π", "2"),
        ("\\sqrt{2}", "2"),
        ("5 + 2i", "5"),
        ("4 hours 30 minutes", "4"),
        ("5 ft 10 in", "5"),
        ("5'10\"", "5"),
        ("12:30", "12"),
        ("2024-05-01", "2024"),
        ("20%", "2000"),
        ("150%", "1.5"),
        ("0.5", "5%"),
        ("x=5, y=3", "5"),
        ("5 or more", "5"),
        ("5+", "5"),
    ],
)
def test_numbers_that_are_wrong_or_none(reply: str, target: str):
    assert not right(reply, target)


def test_a_percent_sign_is_a_unit_in_votes():
    """A vote has classes: what is equal to 20 is not equal to 0.2 as well."""
    number = form_named("number")
    assert number.equal("20%", "20")
    assert not number.equal("20%", "0.2")


COLOURS = ("red", "light blue", "dark blue")


@pytest.mark.parametrize(
    ("reply", "choices", "letter"),
    [
        ("Letter B", COLOURS, "B"),
        ("<b>B</b>", COLOURS, "B"),
        ("Ｂ", COLOURS, "B"),
        ("It is light blue.", COLOURS, "B"),
        ("blue", COLOURS, None),
        ("A: light blue", COLOURS, None),
        ("A/B", COLOURS, None),
        ("neither", COLOURS, None),
        ("A", ("I. Newton", "V. Arnold"), "A"),
        ("V. Arnold", ("I. Newton", "V. Arnold"), "B"),
        ("I", ("I. Newton", "V. Arnold"), None),
        ("B", ("X. Li", "C. Gauss"), "B"),
        ("D", ("(D) x", "(B) y"), None),
        ("(i) and (ii)", ("(i) only", "(ii) only", "(i) and (ii)"), "C"),
        ("(i)", ("(i) only", "(ii) only"), None),
        ("No, he did not", ("Yes", "No"), "B"),
        ("No, or yes", ("Yes", "No"), None),
        ("vitamin C", ("vitamin A", "vitamin B", "vitamin C"), "C"),
        ("(B)", ("B", "A", "C"), "B"),
        ("the sun and the moon", ("the sun", "the moon", "the sun and the moon"), "C"),
        ("12", ("1", "2", "12"), "C"),
    ],
)
def test_options(reply: str, choices: tuple[str, ...], letter: str | None):
    assert form_named("choice").read(f"Answer: {reply}", choices) == letter


TEAMS = ("billing", "billing dispute", "technical")


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("```\nbilling\n```", "billing"),
        ("Charged twice.\n\nbilling", "billing"),
        ("BILLING_DISPUTE", "billing dispute"),
        ('{"label": "technical"}', "technical"),
        ("This is a billing dispute, I think.", "billing dispute"),
        ("Answer: non-technical", None),
        ("Answer: billing/technical", None),
        ("It broke.\n\nSo I would call them.", None),
    ],
)
def test_labels(reply: str, label: str | None):
    assert form_named("label").read(reply, TEAMS) == label


F = "def f():\n    return 1"


@pytest.mark.parametrize(
    "reply",
    [
        f"~~~python\n{F}\n~~~",
        f"````python\n{F}\n````",
        f"```{{python}}\n{F}\n```",
        f"```py\n{F}",
        "1. Do it:\n   ```python\n   def f():\n       return 1\n   ```",
        f"```python title='a.py'\n{F}\n```",
        f"```python\n{F}\n```\n```bash\npython f.py\n```",
        f"```python\nx = 0\n```\n```python\n{F}\n```\nDone.",
    ],
)
def test_fences(reply: str):
    assert form_named("code").read(reply, ()) == F


def test_a_fence_within_a_longer_fence_is_text():
    program = "def f():\n    '''\n```\nx\n```\n    '''"
    assert form_named("code").read(f"````python\n{program}\n````", ()) == program


@pytest.mark.parametrize(
    ("reply", "items"),
    [
        ('[red, "light, blue"]', '["red", "light, blue"]'),
        ("red, blue, and green", '["red", "blue", "green"]'),
        ('"Paris, France", "Rome, Italy"', '["Paris, France", "Rome, Italy"]'),
        ("O'Hara, d'Arc", '["O\'Hara", "d\'Arc"]'),
        ("1,234, 5", '["1,234", "5"]'),
        ("'a; b', c", '["a; b", "c"]'),
        ("rock and roll", '["rock and roll"]'),
    ],
)
def test_lists(reply: str, items: str):
    assert form_named("list").read(f"Answer: {reply}", ()) == items


@pytest.mark.parametrize("reply", ['```json\n{\n  // no JSON\n  "a": 1\n}\n```', '{"a": 1,}', "{'a': 1}"])
def test_what_is_no_json_is_not_read(reply: str):
    assert form_named("json").read(reply, ()) is None
