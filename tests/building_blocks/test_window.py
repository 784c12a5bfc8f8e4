"""What does not fit into a model's window is left out where it matters least."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.building_blocks._window import shortened, tokens
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


WORDS = st.lists(st.text("abcdefgh.1 é文", min_size=1, max_size=32), max_size=60)


def by_whole_words(text: str, most: int) -> str:
    """How a text without a long word was always shortened: prompts of training hold it."""
    if tokens(text) <= most:
        return text
    words, left, end = [*re.finditer(r"\S+\s*", text)], most // 2, 0
    for word in words:
        left -= tokens(word.group())
        if left < 0:
            break
        end = word.end()
    head = text[:end].rstrip()
    rest = text[len(head) :]
    starts = [word.start() for word in re.finditer(r"\S+", rest)]
    tail = next((rest[at:] for at in starts if tokens(rest[at:]) < most - most // 2), "")
    return f"{head} … {tail}".strip()


@given(WORDS, st.integers(0, 60))
def test_a_text_of_words_is_shortened_by_whole_words(words: list[str], most: int) -> None:
    text = " ".join(words)
    assert shortened(text, most) == by_whole_words(text, most)


@pytest.mark.parametrize(
    ("text", "head", "tail"),
    [
        ("x" * 5000, "xxxx", "xxxx"),
        ("没有空格的一段很长的文字" * 50, "没有空格的一段", "很长的文字"),
        ("第一段没有空格" * 30 + "\n" + "第二段也没有" * 30, "第一段没有空格", "第二段也没有"),
        ('{"a":1,"b":[2,3]}' * 100, '{"a":1', "3]}"),
        ("key: " + "aJ9z+/" * 500 + " end.", "key: aJ9z", "aJ9z+/ end."),
    ],
)
def test_a_text_without_blanks_keeps_its_beginning_and_its_end(text: str, head: str, tail: str) -> None:
    short = shortened(text, 40)
    assert tokens(short) <= 40
    assert short.startswith(head)
    assert short.endswith(tail)
    assert " … " in short
    assert len(short) > 30
