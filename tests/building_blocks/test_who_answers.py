"""Who answers: what reaches which model, and when a dearer one is asked."""

import pytest

from masdesign.lm.providers.scripted import Scripted
from masdesign.types import Question

TASK = Question("1 + 1 =")


def saying(*replies):
    """A model that gives these replies, the last of them for ever."""
    left = list(replies)
    return Scripted(lambda request: left.pop(0) if len(left) > 1 else left[0], model="another")


@pytest.fixture
def asked(call):
    """What a block makes of the default model's replies: its answer, and both models."""

    async def asked(expression, *replies, large="Answer: 9"):
        big, left = saying(large), list(replies)
        outcome, small = await call(
            expression, lambda request: left.pop(0) if len(left) > 1 else left[0], question=TASK, large=big
        )
        assert outcome.failure is None
        return outcome.answer.text, small.requests, big.requests

    return asked


def prompts(requests):
    return [request.messages[-1].content for request in requests]


async def test_a_cascade_ends_where_the_small_model_agrees(asked):
    text, small, large = await asked('cascade(task, large_model="large")', "Answer: 2")
    assert (text, len(small), len(large)) == ("2", 3, 0)


async def test_a_cascade_asks_the_large_model_once_where_drafts_disagree(asked):
    text, small, large = await asked('cascade(task, large_model="large")', "Answer: 2", "Answer: 3")
    assert (text, len(small), len(large)) == ("9", 3, 1)
    assert large[0].temperature == 0
    assert "step by step" in prompts(large)[0]
    text, _, large = await asked('cascade(task, below=0.6, large_model="large")', "Answer: 2", "Answer: 3")
    assert (text, len(large)) == ("3", 0)


@pytest.mark.parametrize(("verdict", "text", "dear"), [("right", "2", 0), ("wrong", "9", 1)])
async def test_a_cascade_of_one_draft_goes_by_the_judge(asked, verdict, text, dear):
    found, small, large = await asked(
        'cascade(task, n=1, large_model="large")', "Answer: 2", f"Verdict: {verdict}"
    )
    assert (found, len(small), len(large)) == (text, 2, dear)


async def test_a_cascade_with_one_model_draws_as_many_again(asked):
    text, small, _ = await asked("cascade(task)", "Answer: 2", "Answer: 3", "Answer: 4")
    assert (text, len(small)) == ("4", 6)
    text, small, _ = await asked("cascade(task, n=1)", "Answer: 2", "Verdict: wrong", "Answer: 3")
    assert (text, len(small)) == ("3", 4)


async def test_fast_thinking_stands_where_it_is_judged_right(asked):
    text, small, _ = await asked("fast_and_slow(task)", "Answer: 2", "Verdict: right")
    assert (text, len(small)) == ("2", 2)
    assert "at once" in prompts(small)[0]


async def test_slow_thinking_is_a_vote_of_the_slow_model(asked):
    text, small, large = await asked(
        'fast_and_slow(task, n=3, slow_model="large")', "Answer: 2", "Verdict: wrong"
    )
    assert (text, len(small), len(large)) == ("9", 2, 3)
    text, small, _ = await asked("fast_and_slow(task, n=3)", "Answer: 2", "Verdict: wrong", "Answer: 3")
    assert (text, len(small)) == ("3", 5)


ASKED_TWICE = "Question 1: 1 + 0 =\nQuestion 2: Add 1 to #1"


@pytest.fixture
def by_template(call):
    """As `asked`, the small model by what it is asked for; a list gives its replies in turn."""

    async def by_template(expression, replies, large="Answer: 9", **options):
        def reply(request):
            prompt = request.messages[-1].content
            said = next(said for mark, said in replies.items() if mark in prompt)
            return (said.pop(0) if len(said) > 1 else said[0]) if isinstance(said, list) else said

        outcome, small = await call(expression, reply, large=(big := saying(large)), **options)
        assert outcome.failure is None
        return outcome.answer, small.requests, big.requests

    return by_template


async def test_slow_thinking_may_be_a_workflow_of_the_problems_own(by_template):
    """Split; the second part waits for the first, of which it is shown the answer; both are merged."""
    replies = {"at once": "Answer: 5", "Verdict": "Verdict: wrong", "Split": ASKED_TWICE,
               "Problem: 1 + 0": "Answer: 1", "Problem": "Answer: 2"}  # fmt: skip
    answer, small, _ = await by_template('fast_and_slow(task, slow="workflow")', replies, question=TASK)
    assert (answer.text, len(small)) == ("2", 2 + 1 + 3 + 3 + 1)
    assert all("1 + 0 = 1" in prompt for prompt in prompts(small)[6:9])
    replies |= {"Split": "Hm.", "Problem": "Answer: 3"}
    answer, small, _ = await by_template('fast_and_slow(task, 4, slow="workflow")', replies, question=TASK)
    assert (answer.text, len(small)) == ("3", 2 + 1 + 4)


@pytest.mark.parametrize(("approved", "text", "dear"), [(2, "2", 0), (1, "9", 3), (0, "9", 3)])
async def test_a_calibrated_doubt_compares_what_approvals_are_worth_with_the_slow_part(
    by_template, approved, text, dear
):
    """One approval of two is right in .6 of the cases, the slow part in .7."""
    verdicts = ["Verdict: right"] * approved + ["Verdict: wrong"] * (2 - approved)
    call = 'fast_and_slow(task, 3, trust=[0.1, 0.6, 0.9], below=0.7, slow_model="large")'
    answer, small, large = await by_template(call, {"at once": "Answer: 2", "Verdict": verdicts})
    assert (answer.text, len(small), len(large)) == (text, 3, dear)
    assert {request.temperature for request in small[1:]} == {0.8}


async def test_a_cascade_hands_over_at_the_first_step_that_is_doubted(by_template):
    replies = {"next step": ["1 + 2 = 3", "3 * 3 = 8", "Answer: 8"], "Score": ["Score: 9", "Score: 2"]}
    call = 'cascade(task, hand_over="step", large_model="large")'
    answer, small, large = await by_template(call, replies)
    assert (answer.text, len(small), len(large)) == ("9", 4, 1)
    assert "1 + 2 = 3" in prompts(large)[0]
    assert "3 * 3 = 8" not in prompts(large)[0]
    assert answer.reasoning.startswith("1 + 2 = 3\n")
    replies = {"next step": ["1 + 2 = 3", "Answer: 9"], "Score": "Score: 9"}
    answer, small, large = await by_template(call, replies)
    assert (answer.text, len(small), len(large)) == ("9", 4, 0)
    replies = {"next step": "1 + 2 = 4", "Score": "Score: 0"}
    _, small, large = await by_template(call, replies)
    assert (len(small), len(large)) == (2, 1)
    assert "step by step" in prompts(large)[0]


async def test_steps_without_end_are_completed_in_one_call(by_template):
    replies = {"next step": "And on.", "Score": "Score: 9", "Complete": "Answer: 4"}
    answer, small, _ = await by_template('cascade(task, hand_over="step")', replies)
    assert (answer.text, len(small)) == ("4", 13)


async def test_a_fast_reply_without_an_answer_is_not_judged(asked):
    text, small, _ = await asked("fast_and_slow(task, n=3)", "", "Answer: 3")
    assert (text, len(small)) == ("3", 4)


@pytest.mark.parametrize(
    ("reply", "answer", "small", "large"),
    [("Kind: sums", "2", 2, 0), ("Kind: tales", "9", 1, 1), ("No idea.", "9", 1, 1)],
)
async def test_a_router_takes_each_kind_its_own_way(asked, reply, answer, small, large):
    text, own, dear = await asked(
        'router(task, ["sums: numbers", "tales"], ["direct", "steps"], ["", "large"])', reply, "Answer: 2"
    )
    assert (text, len(own), len(dear)) == (answer, small, large)
    assert "- sums: numbers\n- tales" in prompts(own)[0]


async def test_a_router_with_one_model_votes_on_the_hard(asked):
    _, easy, _ = await asked("router(task)", "Kind: easy", "Answer: 2")
    _, hard, _ = await asked("router(task)", "Kind: hard", "Answer: 2")
    assert (len(easy), len(hard)) == (2, 6)
    assert {request.temperature for request in hard[1:]} == {0.8}


async def test_capability_match_shows_every_model_and_asks_the_one_that_fits(asked):
    team = '["small: sums", "large: long tales"]'
    text, small, large = await asked(f"capability_match(task, {team})", "Kind: large")
    assert (text, len(small), len(large)) == ("9", 1, 1)
    assert "- small: sums\n- large: long tales" in prompts(small)[0]
    text, small, large = await asked(f"capability_match(task, {team})", "Hm.", "Answer: 2")
    assert (text, len(small), len(large)) == ("2", 2, 0)


@pytest.mark.parametrize(("kind", "model"), [("sums", "small"), ("tales", "large"), ("songs", "large")])
async def test_measured_profiles_send_a_kind_to_whoever_scored_most_on_it(asked, kind, model):
    measured = '["", "large"], kinds=["sums: numbers", "tales"], scores=[[0.9, 0.9], [0.1, 0.8]]'
    text, small, large = await asked(f"capability_match(task, {measured})", f"Kind: {kind}", "Answer: 2")
    assert (text, len(small), len(large)) == (("2", 2, 0) if model == "small" else ("9", 1, 1))
    assert "- sums: numbers\n- tales" in prompts(small)[0]


async def test_a_profile_of_ways_needs_one_model_and_one_kind_no_sorting(asked):
    _, small, _ = await asked('capability_match(task, kinds=["all"], scores=[[0.2, 0.3, 0.4]])', "Answer: 2")
    assert len(small) == 3


@pytest.mark.parametrize(("way", "calls"), [("quick", 2), ("careful", 2), ("committee", 4)])
async def test_capability_match_with_one_model_matches_a_way_to_use_it(asked, way, calls):
    text, small, _ = await asked("capability_match(task)", f"Kind: {way}", "Answer: 2")
    assert (text, len(small)) == ("2", calls)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("cascade(task, n=0)", "n is 0"),
        ("fast_and_slow(task, n=0)", "n is 0"),
        ('router(task, ["a"])', "1 kinds"),
        ('router(task, ["a", "b"], ["vote"])', "the ways vote"),
        ('router(task, ["a", "b"], ["vote", "dance"])', "the ways vote, dance"),
        ('cascade(task, hand_over="never")', "hand_over is 'never'"),
        ('fast_and_slow(task, slow="dance")', "slow is 'dance'"),
        ("fast_and_slow(task, trust=[0.5])", "trust [0.5]"),
        ('capability_match(task, kinds=["a"], scores=[[0.5]])', "1 kinds, scores [[0.5]]"),
        ('cascade(task, large_model="gpt-9", below=2.0)', "gpt-9"),
        ('capability_match(task, ["small: sums", "gpt-9: all"])', "gpt-9"),
    ],
)
async def test_bad_arguments_end_the_item_in_one_line(call, expression, said):
    outcome, _ = await call(expression, lambda request: "Answer: 2\nKind: gpt-9")
    assert outcome.failure.kind == "design"
    assert said in outcome.failure.message
    assert "\n" not in outcome.failure.message
