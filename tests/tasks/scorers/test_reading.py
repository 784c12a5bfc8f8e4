"""SQuAD, HotpotQA and DROP: the official scripts' verdicts, on cases by hand and on 3,000 generated pairs.

The digests are of verdicts that the official scripts gave to the same pairs.
"""

from __future__ import annotations

import hashlib
import random

import pytest

from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers.drop import drop_score, right_answers, spans_of
from masdesign.tasks.scorers.reading import hotpot_score, squad_score
from masdesign.types import Answer, Item

DROP, SQUAD, HOTPOT = "d2dffdcbcdd4ae7e", "13d1038aa8fba2f9", "6508678d6cc684e6"
WORDS = [
    "the",
    "a",
    "an",
    "3",
    "3.0",
    "18",
    "1.8",
    "-5",
    "5%",
    "$40",
    "yards",
    "yard",
    "1,200",
    "twenty-one",
    "Jay",
    "Feely",
    "U.S.",
    "nan",
    "inf",
    "1e3",
    "(x)",
    "it's",
    "12th",
    "2-3",
    "Packers",
    "Bears",
    "and",
    "of",
    "in",
    "Yes",
    "no",
    "noanswer",
    "Les",
    "Bleus",
    "The",
    "A.",
]


def span(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 4)))


def pairs(count: int = 3000) -> list[tuple[list[str], list[str]]]:
    rng = random.Random(0)
    made = []
    for _ in range(count):
        gold = [span(rng) for _ in range(rng.randint(1, 3))]
        made.append(([rng.choice([*gold, span(rng)]) for _ in range(rng.randint(1, 3))], gold))
    return made


def digest(values: list[tuple[float, float]]) -> str:
    text = " ".join(f"{exact:.0f}/{f1:.6f}" for exact, f1 in values)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_3000_pairs_as_the_official_scripts():
    assert digest([drop_score(given, [gold]) for given, gold in pairs()]) == DROP
    assert digest([squad_score(given[0], gold) for given, gold in pairs()]) == SQUAD
    assert digest([hotpot_score(given[0], gold[:1]) for given, gold in pairs()]) == HOTPOT


def test_numbers_of_drop():
    assert drop_score(["3"], [["3.0"]]) == (1.0, 1.0)
    assert drop_score(["1.8"], [["18"]]) == (0.0, 0.0)
    assert drop_score(["40 yards"], [["41 yards"]]) == (0.0, 0.0)
    assert drop_score(["twenty one"], [["twenty-one"]]) == (1.0, 1.0)
    assert drop_score(["Bears", "Packers"], [["packers", "bears"]]) == (1.0, 1.0)
    assert drop_score(["Bears"], [["Packers", "Bears"]]) == (0.0, 0.5)


def test_answers_of_drops_own_structure():
    spans = {"number": "", "date": {"day": "", "month": "", "year": ""}, "spans": ["Packers", "Bears"]}
    date = {"number": "", "date": {"day": "3", "month": "May", "year": "2001"}, "spans": []}
    item = Item("1", "?", (), record={"answer": spans, "validated_answers": [date, {"number": "4"}]})
    assert right_answers(item) == [("Packers", "Bears"), ("3 May 2001",), ("4",)]
    assert spans_of('["a", "b"]') == ("a", "b")
    drop = scorer_named("drop")
    assert drop(Answer('["bears", "Packers"]'), item) == 1.0
    assert drop(Answer("3 may, 2001"), item) == 1.0
    columns = {"number": ["7"], "date": [{}], "spans": [[]]}
    assert right_answers(Item("1", "?", (), record={"validated_answers": columns})) == [("7",)]


def test_yes_and_no_count_whole_in_hotpotqa():
    assert hotpot_score("yes, it was", ["yes"]) == (0.0, 0.0)
    assert hotpot_score("The Beatles", ["Beatles"]) == (1.0, 1.0)
    assert hotpot_score("no", ["no problem"]) == (0.0, 0.0)


def test_questions_without_an_answer_in_squad():
    assert squad_score("", [""]) == (1.0, 1.0)
    assert squad_score("Rome", []) == (0.0, 0.0)
    assert squad_score("the red fox", ["a quick red fox"])[1] == pytest.approx(0.8)


@pytest.mark.parametrize("name", ["squad", "drop", "hotpot"])
def test_the_measure_can_be_chosen(name: str):
    item = Item("1", "?", "quick red fox")
    f1, exact = scorer_named(name), scorer_named(f"{name}:em")
    assert 0 < f1(Answer("the red fox"), item) < 1
    assert exact(Answer("the red fox"), item) == 0.0
    assert f1.grade(Answer("red fox"), item).parts["em"] == 0.0
