"""Which answer is trusted, and what counts as unknown."""

from masdesign.search.solve.choice import Judged, approval, groups, most_trusted
from masdesign.tasks.forms import LINE
from masdesign.types import Answer, Verdict
from masdesign.workflow.answers import AnswerClasses


def test_unreadable_verdicts_count_neither_way() -> None:
    right, wrong, unknown = Verdict(True, "right"), Verdict(False, "Verdict: wrong"), Verdict(False, "Well.")
    assert approval([right, unknown, unknown]) == 1.0
    assert approval([right, wrong, unknown]) == 0.5
    assert approval([unknown]) is None


def test_an_unjudged_answer_stands_between_an_approved_and_a_rejected_one() -> None:
    def trust(approved: float | None) -> float:
        return Judged(Answer("1"), 2, approved).trust

    assert trust(0.0) < trust(None) == trust(0.5) < trust(1.0)


def test_of_equals_the_first_is_taken_and_of_none_none() -> None:
    first, second = Judged(Answer("1"), 1, None), Judged(Answer("2"), 1, None)
    assert most_trusted([first, second]) is first
    assert most_trusted([]) is None


def test_answers_are_grouped_by_what_they_say() -> None:
    classes = AnswerClasses()
    found = groups(
        [Answer("4"), Answer(" 4.0"), Answer(""), Answer("five")],
        lambda answer: classes.of(answer.text, LINE, ()),
    )
    assert [len(members) for members in found.values()] == [2, 1]
