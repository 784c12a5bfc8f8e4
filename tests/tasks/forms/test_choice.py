"""Options: lettered, read by letter or wording, and nothing guessed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from masdesign.tasks.forms import form_named
from masdesign.tasks.forms._options import with_letters

CHOICE = form_named("choice")
COLOURS = ("red", "light blue", "green", "mauve", "teal")
REPLIES = Path(__file__).parents[4] / "shared" / "data" / "mmlu_pro" / "replies_600.jsonl"


@pytest.mark.parametrize(
    "said",
    [
        "B", "b", "(B)", "[B]", "B.", "**B**", "Option B", "option (B)", "choice B", "B (light blue)",
        "B. light blue",
        "B) light blue", "B: light blue", "B - light blue", "(b) Light blue", "light blue", "Light Blue.",
        "B light blue", "The correct answer is B", "The correct answer is light blue.",
        "B, since it is lighter",
        "B because it is lighter than A", r"$\text{B}$",
    ],
)  # fmt: skip
def test_an_option_is_read_by_letter_by_wording_or_by_both(said):
    assert CHOICE.read(f"Answer: {said}", COLOURS) == "B"


@pytest.mark.parametrize(
    "reply",
    [
        "B", "Option B", "B (light blue)", "light blue", "The correct option is B.", '{"answer": "B"}',
        "<answer>B</answer>", "### Answer\nB", r"So \boxed{B}.", "The answer is (B).",
        "The answer is B. It is lighter.",
        "It shines.\nThe answer is option B because", "Answer: (A)\nNo, wait.\nAnswer: (B)",
        "The answer is (A). Wait, I was wrong. The answer is (B).",
    ],
)  # fmt: skip
def test_a_reply_names_it(reply):
    assert CHOICE.read(reply, COLOURS) == "B"


@pytest.mark.parametrize(
    "said",
    [
        "(A) or (B)", "B or C", "B and C", "A, B", "B/C", "both A and B", "not B", "A (not B)", "Z",
        "e.g. red",
        "a red car", "A light blue", "B. red", "I am not sure", "none", "", "none of these",
    ],
)  # fmt: skip
def test_what_names_no_one_option_is_none(said):
    assert CHOICE.read(f"Answer: {said}", COLOURS) is None


def test_wordings_that_hold_letters_are_wordings():
    options = ("(i) only", "(ii) only", "(i) and (iii) only", "I and II")
    assert CHOICE.read("Answer: (i) and (iii) only", options) == "C"
    assert CHOICE.read("Answer: I and II", options) == "D"
    assert CHOICE.read("Answer: (i)", options) is None
    assert CHOICE.read("B", ("B", "A", "C")) == "B"


def test_options_are_shown_with_letters():
    assert with_letters(("red", "blue")) == ("(A) red", "(B) blue")
    assert with_letters(("(A) red", "(B) blue")) == ("(A) red", "(B) blue")
    assert with_letters(("B. red", "C. blue")) == ("(B) red", "(C) blue")
    assert len(set(with_letters([str(n) for n in range(30)]))) == 30


def test_a_vote_counts_options_however_they_are_named():
    assert CHOICE.equal("B", "(b)")
    assert not CHOICE.equal("B", "C")


def test_letters_are_those_of_the_official_script_where_a_reply_says_answer_is():
    """MMLU-Pro, 600 questions with the replies of five models."""
    if not REPLIES.exists():
        pytest.skip(f"{REPLIES} is absent")
    official, count = re.compile(r"answer is \(?([A-J])\)?"), 0
    for line in REPLIES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for model, reply in row["replies"].items():
            if official.search(reply):
                count += 1
                assert CHOICE.read(reply, tuple(row["options"])) == row["preds"][model], reply[-200:]
    assert count == 2764
