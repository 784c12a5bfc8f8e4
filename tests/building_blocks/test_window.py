"""What does not fit into a model's window is left out where it matters least."""

import pytest

from masdesign.types import Question

LONG = Question("How many? " + "word " * 2000)


@pytest.mark.slow
async def test_a_free_prompt_keeps_problem_short_inputs_and_both_ends_of_long_ones(call):
    long = "first " + "and " * 3000 + "last"
    outcome, lm = await call(f"ask('Decide.', task, {long!r}, 'short', {long!r})", question=LONG)
    assert outcome.failure is None
    shown = lm.requests[0].messages[-1].content
    assert LONG.question.strip() in shown
    assert "Input:\nshort\n" in shown
    assert shown.count("Input:\nfirst and") == shown.count(" … and") == shown.count("and last\n") == 2
    assert shown.count(" and ") < 4096 / 8


@pytest.mark.parametrize("words", [1, 100])
async def test_what_fits_is_shown_whole(words, call):
    _, lm = await call(f"ask('Decide.', task, {'word ' * words!r})")
    assert "…" not in lm.requests[0].messages[-1].content


@pytest.mark.parametrize("values", ["['']", "['p']"])
async def test_what_cannot_fit_is_not_rendered(values, call, monkeypatch):
    def rendered(*_):
        raise AssertionError("it was rendered")

    monkeypatch.setattr("masdesign.building_blocks._prompt._user_message", rendered)
    monkeypatch.setattr("masdesign.building_blocks._prompt._remembered", rendered)
    outcome, lm = await call(f"direct(Question('x', {values} * 9000))")
    assert "at least" in outcome.failure.message
    assert not lm.requests
