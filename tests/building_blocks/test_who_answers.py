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


@pytest.mark.parametrize(("way", "calls"), [("quick", 2), ("careful", 2), ("committee", 4)])
async def test_capability_match_with_one_model_matches_a_way_to_use_it(asked, way, calls):
    text, small, _ = await asked("capability_match(task)", f"Kind: {way}", "Answer: 2")
    assert (text, len(small)) == ("2", calls)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("cascade(task, n=0)", "n is 0"),
        ("fast_and_slow(task, n=0)", "n is 0"),
        ('router(task, ["a"])', "1 kinds"),
        ('router(task, ["a", "b"], ["vote"])', "the ways vote"),
        ('router(task, ["a", "b"], ["vote", "dance"])', "the ways vote, dance"),
        ('cascade(task, large_model="gpt-9", below=2.0)', "gpt-9"),
        ('capability_match(task, ["small: sums", "gpt-9: all"])', "gpt-9"),
    ],
)
async def test_bad_arguments_end_the_item_in_one_line(call, expression, said):
    outcome, _ = await call(expression, lambda request: "Answer: 2\nKind: gpt-9")
    assert outcome.failure.kind == "design"
    assert said in outcome.failure.message
    assert "\n" not in outcome.failure.message
