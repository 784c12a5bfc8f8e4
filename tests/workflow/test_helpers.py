import pytest

from masdesign.types import Answer
from masdesign.workflow import agreement, first, majority, mean, normalise, weighted_majority


def answers(*texts):
    return [Answer(t) for t in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" The  Answer. ", "the answer"),
        ("1,250.0", "1250"),
        ("-0.50", "-0.5"),
        ("(B)", "b"),
        ("+7", "7"),
        ("007", "7"),
        ("**Yes**", "yes"),
        ("f(x)(y)", "f(x)(y)"),
        ("", ""),
        ("(", "("),
        (".", ""),
        (".5", "0.5"),
        ("**-.50**.", "-0.5"),
        ("...5", "5"),
        ("a.", "a"),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected


def test_majority_takes_the_first_of_the_largest_group():
    given = [Answer("4", "first"), Answer("5"), Answer("4.0", "later")]
    assert majority(given) is given[0]


def test_a_vote_tells_point_five_from_five():
    assert majority(answers("5", ".5", "0.5")).text == ".5"


def test_of_equal_groups_the_earlier_wins():
    assert majority(answers("b", "a", "a", "b")).text == "b"


def test_empty_answers_win_only_where_all_are_empty():
    assert majority(answers("", "", "3")).text == "3"
    assert majority(answers("", "")).text == ""


def test_weights_decide():
    assert weighted_majority(answers("a", "a", "b"), [0.1, 0.1, 0.5]).text == "b"


def test_no_answers_and_unequal_weights_are_errors_with_a_cure():
    with pytest.raises(ValueError, match="kept or drafts"):
        majority([])
    with pytest.raises(ValueError, match="one weight an answer"):
        weighted_majority(answers("a"), [])


def test_agreement_mean_first():
    assert agreement(answers("a", "A.", "b", "")) == 0.5
    assert agreement([]) == 0.0
    assert mean([1, 2]) == 1.5
    assert mean([]) == 0.0
    assert first([3, 4]) == 3
    assert first([], "none") == "none"


async def test_the_guest_has_the_same_helpers(run):
    outcome = await run(
        """
async def workflow(task):
    a = await think(task)
    texts = [" The  Answer. ", "1,250.0", "-0.50", "(B)", "+7", "007", "**Yes**", "", "("]
    shown = [normalise(t) for t in texts]
    picks = [majority([Answer("x"), Answer("4"), Answer("4.0")])]
    picks.append(weighted_majority([Answer("a"), Answer("b")], [1, 2]))
    rest = [agreement([Answer("a"), Answer("b")]), mean([1, 2]), first([], "none")]
    return str([shown, [p.text for p in picks], rest])
"""
    )
    texts = [" The  Answer. ", "1,250.0", "-0.50", "(B)", "+7", "007", "**Yes**", "", "("]
    assert outcome.answer.text == str([[normalise(t) for t in texts], ["4", "b"], [0.5, 1.5, "none"]])
