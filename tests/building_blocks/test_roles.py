"""Several roles: who plays what, who sees whom, who hands what to whom, and when it stops."""

import pytest

from masdesign.types import Question

TASK = Question("1 + 1 =")


def text(request):
    return request.messages[-1].content


def role(request):
    return request.messages[0].content if len(request.messages) > 1 else ""


def roles(lm):
    return [role(request) for request in lm.requests]


def in_order(*replies):
    """A script that gives these replies one after another."""
    left = iter(replies)
    return lambda request: next(left)


async def test_debaters_see_each_other_s_latest_answers_and_vote(call):
    def script(request):
        if "Another solution:" not in text(request):
            return f"Answer: {request.sample}"
        own = text(request).partition("Your solution:\nAnswer: ")[2].partition("\n")[0]
        return f"Answer: {own}0" if own == "2" else "Answer: 7"

    outcome, lm = await call("debate(task)", script)
    drafts, again = lm.requests[:3], lm.requests[3:]
    assert all("solution" not in text(request) for request in drafts)
    for i, request in enumerate(again):
        assert f"Your solution:\nAnswer: {i}\n" in text(request)
        assert all(f"Another solution:\nAnswer: {j}\n" in text(request) for j in range(3) if j != i)
    assert outcome.answer.text == "7"
    assert outcome.calls == 6


async def test_a_debate_has_an_agent_a_role_and_some_rounds(call):
    team = ["You are A.", "You are B."]
    outcome, lm = await call(
        f"debate(task, roles={team}, rounds=2)", lambda request: f"Answer: {role(request)}"
    )
    assert roles(lm) == team * 3
    assert "Your solution:\nAnswer: You are A.\n\nAnother solution:\nAnswer: You are B.\n" in text(
        lm.requests[4]
    )
    assert outcome.calls == 6


async def test_a_debater_who_says_nothing_keeps_its_answer(call):
    outcome, _ = await call(
        "debate(task)", lambda r: "Hm." if "Another" in text(r) else f"Answer: {r.sample // 2}"
    )
    assert outcome.answer.text == "0"


async def test_people_are_named_heard_and_asked_to_judge(call):
    outcome, lm = await call(
        'solo_performance(task, role="You lead.")',
        in_order(
            "People: a chess player, a cook, a clown",
            "Advice: Mind the rook", "Advice: Mind the salt",
            "Answer: 3",
            "Verdict: right", "Too salty.\nVerdict: wrong",
            "Answer: 2",
        ),
        question=TASK,
    )  # fmt: skip
    assert roles(lm) == [
        "", "You are a chess player.", "You are a cook.", "You lead.", "You are a chess player.",
        "You are a cook.", "You lead.",
    ]  # fmt: skip
    draft, *verdicts, revision = map(text, lm.requests[3:])
    assert "Input:\na chess player: Mind the rook\n\nInput:\na cook: Mind the salt\n" in draft
    assert all("Solution:\nAnswer: 3\n" in verdict for verdict in verdicts)
    assert "Critique:\na cook: Too salty.\nVerdict: wrong\n\n" in revision
    assert "a chess player:" not in revision
    assert outcome.answer.text == "2"


async def test_where_nobody_objects_the_draft_stays(call):
    replies = in_order("Hm.", "Hm.", "Hm.", "Answer: 2", "Verdict: right", "Verdict: right")
    outcome, lm = await call("solo_performance(task, rounds=5)", replies)
    assert outcome.answer.text == "2"
    assert roles(lm)[1:3] == ["You are an expert.", "You are a critic."]


async def test_a_router_picks_the_expert(call):
    outcome, lm = await call(
        'role_assignment(task, ["nurse: care", "chemist: substances"])',
        in_order("Kind: chemist", "Answer: 2"),
    )
    assert "- nurse: care\n- chemist: substances" in text(lm.requests[0])
    assert roles(lm) == ["", "You are a chemist: substances."]
    assert outcome.answer.text == "2"


async def test_without_a_pick_the_problem_is_solved_in_the_role_given(call):
    outcome, lm = await call(
        'role_assignment(task, role="You are brief.")', in_order("Who knows.", "Answer: 2")
    )
    assert roles(lm) == ["You are brief.", "You are brief."]
    assert outcome.answer.text == "2"


async def test_experts_have_fresh_eyes_and_the_conductor_sees_what_they_found(call):
    outcome, lm = await call(
        "meta_prompting(task, rounds=3)",
        in_order(
            "Expert: mathematician: What is 3 + 4?", "Answer: 7",
            "Expert: poet: What rhymes with seven?", "Answer: heaven",
            "Expert: none",
            "Answer: seven, heaven",
        ),
        question=Question("A riddle.", ("A passage.",)),
    )  # fmt: skip
    first, expert, second, poet, third, last = lm.requests
    assert role(expert) == "You are a mathematician."
    assert text(expert).startswith("Passage 1: A passage.\nProblem: What is 3 + 4?\n")
    assert "riddle" not in text(expert) + text(poet)
    assert "3 + 4" not in text(poet)
    assert "Input:" not in text(first)
    assert "Input:\nWhat is 3 + 4? 7\n" in text(second)
    for request in (third, last):
        assert "Input:\nWhat is 3 + 4? 7\n\nInput:\nWhat rhymes with seven? heaven\n" in text(request)
    assert outcome.answer.text == "seven, heaven"


async def test_a_conductor_who_calls_nobody_answers(call):
    outcome, _ = await call("meta_prompting(task)", in_order("I know it.", "Answer: 2"))
    assert outcome.answer.text == "2"
    assert outcome.calls == 2


async def test_the_coder_follows_the_plan_and_the_tester_s_report(call):
    outcome, lm = await call(
        "analyst_coder_tester(task)",
        in_order("Plan: add", "Program: 1 - 1", "No: 1 + 1.\nVerdict: wrong", "Program: 1 + 1"),
        question=TASK,
        tools={"python"},
    )
    assert roles(lm) == [
        "You are an analyst.", "You are a programmer.", "You are a tester.", "You are a programmer."
    ]  # fmt: skip
    _, first, test, second = map(text, lm.requests)
    assert "Plan: add\n\nWrite one Python expression" in first
    assert "Solution:\nProgram: 1 - 1\nAnswer: 0\n" in test
    assert "Plan: add\nLast try: Program: 1 - 1\nTest: No: 1 + 1.\nVerdict: wrong\n\nWrite" in second
    assert outcome.answer.text == "2"


async def test_a_program_that_fails_goes_back_without_a_test(call):
    outcome, lm = await call(
        "analyst_coder_tester(task)", in_order("Plan: add", "Program: 1 / 0", "Program: 2"), tools={"python"}
    )
    assert "Error: " in text(lm.requests[-1])
    assert outcome.answer.text == "2"
    assert outcome.calls == 3


async def test_where_no_program_runs_the_coder_answers_in_words(call):
    replies = in_order("Plan: add", "Program: 1 / 0", "Program: 1 / 0", "Answer: 2")
    outcome, lm = await call("analyst_coder_tester(task)", replies, tools={"python"})
    assert "step by step" in text(lm.requests[-1])
    assert outcome.answer.text == "2"


async def test_without_the_tool_the_coder_works_in_words(call):
    replies = in_order("Plan: add", "1 + 1 = 2\nAnswer: 2", "Verdict: right")
    outcome, lm = await call("analyst_coder_tester(task)", replies)
    assert "Plan: add\n\nSolve the problem step by step" in text(lm.requests[1])
    assert outcome.answer.text == "2"
    assert not any("Python" in text(request) for request in lm.requests)


async def test_the_executor_takes_the_planner_s_steps_in_turn(call):
    outcome, lm = await call(
        'thinker_planner_executor(task, role="You are a clerk.")',
        in_order(
            "Guideline: count all", "Question 1: How many pens?\nQuestion 2: How many books?", "Answer: 3",
            "Answer: 4", "Answer: 7",
        ),
        question=Question("How many things?"),
    )  # fmt: skip
    assert roles(lm) == ["You are a thinker.", "You are a planner.", *["You are a clerk."] * 3]
    _, plan, first, second, last = map(text, lm.requests)
    assert "Problem: How many things?\nGuideline: count all\n" in plan
    assert "Problem:\nHow many things?\n\nTake only this step: How many pens?" in first
    assert "Input:\nHow many pens? 3\n\nTake only this step: How many books?" in second
    assert "Question 1: How many pens?\nAnswer 1: 3\n" in last
    assert "Question 2: How many books?\nAnswer 2: 4\n" in last
    assert outcome.answer.text == "7"


async def test_without_steps_the_executor_has_the_guideline(call):
    replies = in_order("Guideline: count all", "No steps.", "Answer: 7")
    outcome, lm = await call("thinker_planner_executor(task)", replies)
    assert "Input:\nGuideline: count all\n" in text(lm.requests[-1])
    assert outcome.answer.text == "7"


async def test_a_manager_picks_who_speaks_and_stops(call):
    outcome, lm = await call(
        'manager(task, ["solver: solves it", "doubter: doubts it"], turns=4)',
        in_order("Kind: solver", "Answer: 3", "Kind: doubter", "Really?\nAnswer: 2", "Kind: stop"),
        question=TASK,
    )
    assert outcome.answer.text == "2"
    first, _, second, _, last = map(text, lm.requests)
    assert "stop" not in first
    assert "1 + 1 =\n\nSaid: Answer: 3\n" in second
    assert "- doubter: doubts it\n- stop: the problem is solved" in second
    assert "Said: Answer: 3\n\nSaid: Really?\nAnswer: 2\n" in last
    assert roles(lm)[1::2] == ["You are the solver: solves it.", "You are the doubter: doubts it."]
    assert "Solution:\nAnswer: 3\n" in text(lm.requests[3])
    assert {role(request) for request in lm.requests[::2]} == {"You are a manager."}


async def test_a_team_without_a_pick_speaks_in_order(call):
    def script(request):
        return "Hm." if "Kind:" in text(request) else f"Answer: {role(request)[12:16]}"

    outcome, lm = await call('manager(task, ["anna", "bert"])', script)
    assert [r for r in roles(lm) if "manager" not in r] == [
        "You are the anna.", "You are the bert.", "You are the anna."
    ]  # fmt: skip
    assert outcome.answer.text == "anna"
    assert outcome.calls == 6


async def test_each_role_of_the_line_gets_the_documents_before_it(call):
    outcome, lm = await call(
        "standard_operating_procedure(task)",
        in_order("Requirements: a sum", "Plan: add", "Answer: 3", "Too big.\nVerdict: wrong", "Answer: 2"),
        question=TASK,
    )
    assert roles(lm) == [
        "You are an analyst.", "You are an architect.", "You are an engineer.", "You are a tester.",
        "You are an engineer.",
    ]  # fmt: skip
    _, plan, built, report, corrected = map(text, lm.requests)
    assert "Input:\nRequirements: a sum\n" in plan
    assert "Input:\nRequirements: a sum\n\nInput:\nPlan: add\n" in built
    assert "Solution:\nAnswer: 3\n" in report
    assert "Critique:\nToo big.\nVerdict: wrong\n" in corrected
    assert outcome.answer.text == "2"


async def test_what_passes_the_test_leaves_the_line(call):
    replies = in_order("Requirements: a sum", "Plan: add", "Answer: 2", "Verdict: right")
    outcome, _ = await call("standard_operating_procedure(task, rounds=3)", replies)
    assert outcome.answer.text == "2"
    assert outcome.calls == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "expression",
    [
        "debate(task, n=0)", "debate(task, rounds=0)", "solo_performance(task, n=0)",
        "meta_prompting(task, rounds=0)",
        'role_assignment(task, ["one"])', "analyst_coder_tester(task, rounds=0)",
        "thinker_planner_executor(task, n=0)", "manager(task, turns=0)", 'manager(task, ["one"])',
        "standard_operating_procedure(task, rounds=0)", "debate(task, n=9, rounds=9)",
    ],
)  # fmt: skip
async def test_bad_arguments_are_refused_before_a_call(expression, call):
    outcome, lm = await call(expression)
    assert outcome.failure.kind == "design"
    assert expression.partition("(")[0] in outcome.failure.message
    assert not lm.requests
