"""Revising: what each critic and reviser sees, what is remembered, and when it stops."""

import pytest

from masdesign.types import Question

TASK = Question("1 + 1 =")


def asked(lm, words=""):
    """The requests whose prompt holds ``words``, in order."""
    return [request for request in lm.requests if words in request.messages[-1].content]


def text(request):
    return request.messages[-1].content


def role(request):
    return request.messages[0].content if len(request.messages) > 1 else ""


def in_order(*replies):
    """A script that gives these replies one after another."""
    left = iter(replies)
    return lambda request: next(left)


async def test_self_refine_stops_where_the_feedback_finds_nothing(call):
    outcome, lm = await call("self_refine(task)", in_order("Answer: 2", "Fine.\nVerdict: right"))
    assert outcome.answer.text == "2"
    assert len(lm.requests) == 2


async def test_self_refine_keeps_all_feedback_in_view_and_the_last_solution(call):
    outcome, lm = await call(
        "self_refine(task)",
        in_order(
            "Answer: 3", "Too big.\nVerdict: wrong", "Answer: 1", "Too small.\nVerdict: wrong", "Answer: 2"
        ),
        question=TASK,
    )
    assert outcome.answer.text == "2"
    last = text(lm.requests[-1])
    assert "Solution:\nAnswer: 1\n\nCritique:\nToo big.\nVerdict: wrong\nToo small." in last
    assert "Answer: 3" not in last


async def test_a_refinement_without_an_answer_is_dropped(call):
    outcome, _ = await call(
        "self_refine(task, rounds=1)", in_order("Answer: 3", "No.\nVerdict: wrong", "I give up.")
    )
    assert outcome.answer.text == "3"


async def test_reflexion_remembers_every_attempt_and_its_lesson(call):
    outcome, lm = await call(
        "reflexion(task)",
        in_order(
            "Answer: 3", "Verdict: wrong", "Lesson: Count again",
            "Answer: 1", "Verdict: wrong", "Lesson: Use your fingers",
            "Answer: 2",
        ),
        question=TASK,
    )  # fmt: skip
    assert outcome.answer.text == "2"
    first, second = asked(lm, "again without these mistakes")
    assert "Critique:\nAttempt 1 gave 3. Count again\n\n" in text(first)
    assert "Attempt 1 gave 3. Count again\nAttempt 2 gave 1. Use your fingers\n" in text(second)
    assert "Solution:\nAnswer: 1\n" in text(second)
    assert len(asked(lm, "Verdict:")) == 2 + 2  # two judgements, and two reflections that are shown one


async def test_reflexion_ends_with_the_first_success(call):
    outcome, lm = await call("reflexion(task)", in_order("Answer: 2", "Verdict: right"))
    assert outcome.answer.text == "2"
    assert len(lm.requests) == 2


async def test_a_reflection_that_cannot_be_read_leaves_the_critique(call):
    replies = in_order("Answer: 3", "Step 1.\nVerdict: wrong", "Hm.", "Answer: 2")
    _, lm = await call("reflexion(task, attempts=2)", replies)
    assert "Attempt 1 gave 3. Step 1.\nVerdict: wrong" in text(lm.requests[-1])


async def test_checks_are_answered_without_sight_of_the_draft(call):
    def script(request):
        prompt = text(request)
        if "Question 1: ..." in prompt:
            return "Question 1: What is 3 * 3?\nQuestion 2: Is 9 odd?"
        if "Critique:" in prompt:
            return "Answer: nine"
        return "Answer: 9" if "3 * 3" in prompt.splitlines()[1] else "Answer: draft"

    question = Question("What is the square of three?", ("A passage.",))
    outcome, lm = await call("chain_of_verification(task)", script, question=question)
    _, plan, *checks, final = map(text, lm.requests)
    assert "Solution:\nAnswer: draft" in plan
    assert [check.splitlines()[:2] for check in checks] == [
        ["Passage 1: A passage.", "Problem: What is 3 * 3?"], ["Passage 1: A passage.", "Problem: Is 9 odd?"],
    ]  # fmt: skip
    assert not any("draft" in check or "square" in check for check in checks)
    assert "Solution:\nAnswer: draft\n\nCritique:\nWhat is 3 * 3? 9\nIs 9 odd? draft\n" in final
    assert outcome.answer.text == "nine"


async def test_a_draft_without_checks_is_the_answer(call):
    outcome, lm = await call("chain_of_verification(task)", in_order("Answer: 4", "No questions."))
    assert outcome.answer.text == "4"
    assert len(lm.requests) == 2


async def test_a_critic_holds_the_draft_against_one_rule_at_a_time(call):
    outcome, lm = await call(
        'critic_reviser(task, ["Be brief.", "Be kind."], role="You are a poet.")',
        in_order("Answer: 1", "Too long.", "Answer: 2", "Too harsh.", "Answer: 3"),
    )
    assert outcome.answer.text == "3"
    assert [role(request) for request in lm.requests] == [
        "You are a poet.", "You are a strict critic.", "You are a poet.", "You are a strict critic.",
        "You are a poet.",
    ]  # fmt: skip
    _, brief, first, kind, second = map(text, lm.requests)
    assert "by one rule: Be brief." in brief
    assert "Be kind." not in brief
    assert "Solution:\nAnswer: 1\n\nCritique:\nToo long." in first
    assert "Answer: 2" in kind
    assert "Solution:\nAnswer: 2\n\nCritique:\nToo harsh." in second


async def test_by_default_a_critic_has_two_rules(call):
    outcome, _ = await call("critic_reviser(task)")
    assert outcome.calls == 5


async def test_a_solution_is_accepted_after_some_checks_in_a_row(call):
    replies = in_order("Answer: 2", "Verdict: right", "Verdict: right", "Verdict: right")
    outcome, lm = await call("generator_verifier_refiner(task, passes=3)", replies)
    assert outcome.answer.text == "2"
    checks = asked(lm, "Verdict:")
    assert [request.sample for request in checks] == [0, 1, 2]
    assert {request.temperature for request in checks} == {0.8}
    assert {role(request) for request in checks} == {"You are a strict judge."}


async def test_one_report_of_a_fault_sends_it_to_the_refiner_and_the_count_starts_again(call):
    replies = in_order(
        "Answer: 3",
        "Verdict: right",
        "Step 1.\nVerdict: wrong",
        "Answer: 2",
        "Verdict: right",
        "Verdict: right",
    )
    outcome, lm = await call("generator_verifier_refiner(task)", replies)
    assert outcome.answer.text == "2"
    (refined,) = asked(lm, "Critique:")
    assert "Answer: 3\n\nCritique:\nStep 1.\nVerdict: wrong" in text(refined)
    assert outcome.calls == 6


async def test_after_the_last_round_the_refined_solution_is_returned_unchecked(call):
    replies = in_order("Answer: 1", "Verdict: wrong", "Answer: 2", "Verdict: wrong", "Answer: 3")
    outcome, _ = await call("generator_verifier_refiner(task)", replies)
    assert outcome.answer.text == "3"


@pytest.mark.parametrize(
    "expression",
    [
        "self_refine(task, rounds=0)", "reflexion(task, attempts=0)", "chain_of_verification(task, n=0)",
        "generator_verifier_refiner(task, passes=0)", "generator_verifier_refiner(task, rounds=0)",
    ],
)  # fmt: skip
async def test_a_number_below_one_is_refused_before_a_call(expression, call):
    outcome, lm = await call(expression)
    assert outcome.failure.kind == "design"
    assert expression.partition("(")[0] in outcome.failure.message
    assert not lm.requests
