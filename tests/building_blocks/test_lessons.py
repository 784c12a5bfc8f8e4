"""Prompts of experience: what they show, and what is read from their replies."""

import pytest

from masdesign.building_blocks._lessons import (
    Attempt,
    contrast_prompt,
    merge_prompt,
    read_applying,
    read_lesson,
    refine_prompt,
    reflect_prompt,
)
from masdesign.building_blocks._prompt import render
from masdesign.memory import MemoryEntry
from masdesign.types import Answer, Question

BOLT = MemoryEntry("the customer is Bolt", "double the price, then add 3")
ACME = MemoryEntry("the customer is Acme", "take 2 off", example="4 pens at 6: 24 - 2 = 22")
TASK = Question("What does Bolt pay for 4 pens at 6?", ("Bolt buys often.",))


def text(prompt):
    (message,) = prompt
    return message.content


def test_lessons_are_shown_below_the_problem_with_when_and_what():
    shown = text(render("recall", task=TASK, entries=(BOLT, ACME), instruction=""))
    assert shown.startswith(
        "Passage 1: Bolt buys often.\nProblem: What does Bolt pay for 4 pens at 6?\n\nLesson 1\n"
    )
    assert (
        "Lesson 2\nWhen: the customer is Acme\nDo: take 2 off\nExample: 4 pens at 6: 24 - 2 = 22\n\nSolve"
        in shown
    )


def test_applicability_is_asked_by_number():
    shown = text(render("applies", task=TASK, entries=(BOLT, ACME), instruction=""))
    assert "\nLesson 2 applies when: the customer is Acme\n\n" in shown
    assert read_applying("It is Bolt's.\nLessons: 1", 2) == [1]
    assert read_applying("Lessons: none", 2) == []
    assert read_applying("Lessons: 2, 1 and 7", 2) == [1, 2]


def test_reflection_tells_the_right_answer_only_where_it_may():
    wrong = Attempt.of(Answer("24", "4 * 6 = 24\nAnswer: 24"), False)
    assert "Result: wrong\nRight answer: 51\n\nDo not" in text(reflect_prompt(TASK, wrong, target="51"))
    assert "Result: wrong\nFeedback: too low\n\nDo not" in text(
        reflect_prompt(TASK, wrong, feedback="too low")
    )
    assert "51" not in text(reflect_prompt(TASK, wrong))


def test_contrast_shows_each_solution_with_its_result_where_it_has_one():
    attempts = [Attempt.of(Answer("24"), False), Attempt.of(Answer("51"), True)]
    shown = text(contrast_prompt(TASK, attempts, target="51"))
    assert "Solution 2:\nAnswer: 51\nResult 2: right\n\nRight answer: 51\n\nDo not" in shown
    assert "Result" not in text(contrast_prompt(TASK, [Attempt.of(Answer("24"))] * 2))


def test_a_condition_is_refined_by_where_it_held():
    entry = BOLT.used("What does Bolt pay?", helped=True).used("What does Bolton pay?", helped=False)
    shown = text(refine_prompt(entry))
    assert (
        "It helped here:\n- What does Bolt pay?\n\nIt did not help here:\n- What does Bolton pay?\n\n"
        in shown
    )
    assert "- nowhere yet" in text(refine_prompt(BOLT.used("Bolton?", helped=False)))
    assert text(merge_prompt((BOLT, ACME))).startswith("Lesson 1\nWhen: the customer is Bolt\n")


@pytest.mark.parametrize("reply", ["", "When: it rains", "Do: stay in", "When:\nDo: stay in"])
def test_half_a_lesson_is_none(reply):
    assert read_lesson(reply) is None


def test_a_lesson_is_read_from_its_last_lines():
    lesson = read_lesson("When: a\nDo: b\nNo.\n**When:** the customer is Bolt\n**Do:** double it")
    assert (lesson.when, lesson.what) == ("the customer is Bolt", "double it")


def test_values_are_never_templates():
    assert "{{ 7 * 7 }}" in text(render("guided", task=TASK, guidance="{{ 7 * 7 }}", instruction=""))
    assert "{% raw %}" in text(reflect_prompt(TASK, Attempt("{% raw %}", "right")))


def test_cases_come_before_the_problem_and_guidance_after_it():
    cases = [{"question": Question("Bolt, 2 pens at 5?"), "answer": "23", "result": "right"}]
    shown = text(render("cases", task=TASK, cases=cases, instruction=""))
    assert shown.startswith("Case 1\nProblem: Bolt, 2 pens at 5?\nAnswer: 23\nResult: right\n\nPassage 1:")
    teacher = text(render("guide", task=TASK, entries=(BOLT,), solution="4 * 6 = 24", instruction=""))
    assert "Do: double the price, then add 3\n\nSolution of a student:\n4 * 6 = 24\n\nDo not" in teacher
