"""What fits into a model's window: counted roughly, so that a small model is not asked for too much.

A prompt that does not fit ends the item. Blocks that show examples or notes therefore show fewer,
or the beginning, where the model's window is small.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from masdesign.building_blocks._step import labelled
from masdesign.types import Question
from masdesign.workflow import running

_PIECE = re.compile(r"[^\W\d]+|\d|[^\w\s]")
_LETTERS = 8
"""A longer word counts as one token for each two letters: a small model spells what it does not know."""


def tokens(text: str) -> int:
    """About how many tokens a text takes: words, digits and signs.

    >>> tokens("Add 12 and (3)."), tokens("unquestionably")
    (8, 7)
    """
    return sum(1 if len(piece) <= _LETTERS else (len(piece) + 1) // 2 for piece in _PIECE.findall(text))


def room(model: str, share: float) -> int:
    """So many tokens are a share of the window of the run's model ``model``."""
    return int(running().lm(model).window * share)


def examples_that_fit(
    task: Question, shown: Sequence[Mapping[str, Any]], model: str
) -> list[Mapping[str, Any]]:
    """The first of the demonstrations that take, with the problem, at most half of the model's window."""
    texts = [labelled(example["question"])["text"] + example["solution"] for example in shown]
    return list(shown[: that_fit(texts, room(model, 0.5) - tokens(labelled(task)["text"]))])


def that_fit(texts: Iterable[str], most: int) -> int:
    """How many of the texts, from the first on, take at most so many tokens together.

    >>> that_fit(["one two", "three", "four five six"], 4)
    2
    """
    count = 0
    for text in texts:
        most -= tokens(text)
        if most < 0:
            break
        count += 1
    return count


def inputs_that_fit(shown: Sequence[Mapping[str, str]], instruction: str, model: str) -> list[dict[str, str]]:
    """The inputs of a free prompt, each a label and a text.

    Where they would take, with the instruction, more than 30 % of the model's window, all but the
    problem are shortened in the middle, the longest first: what they begin with and come to is kept.
    """
    free = [place for place, one in enumerate(shown) if one["label"] != "Problem"]
    fixed = tokens(instruction) + sum(tokens(one["text"]) for one in shown if one["label"] == "Problem")
    most = max(room(model, 0.3) - fixed, room(model, 1 / 8))
    share, left = most, len(free)
    for length in sorted(tokens(shown[place]["text"]) for place in free):
        share = most // left
        if length > share:
            break
        most, left = most - length, left - 1
    else:
        return [dict(one) for one in shown]
    return [
        {**one, "text": shortened(one["text"], share)} if place in free else dict(one)
        for place, one in enumerate(shown)
    ]


def shortened(text: str, most: int) -> str:
    """A text of at most about so many tokens: its beginning and its end.

    >>> shortened("one two three four five six seven", 5)
    'one two … six seven'
    """
    if tokens(text) <= most:
        return text
    head = beginning(text, most // 2)
    rest = text[len(head) :]
    ends = [piece.start() for piece in re.finditer(r"\S+", rest)]
    tail = next((rest[at:] for at in ends if tokens(rest[at:]) < most - most // 2), "")
    return f"{head} … {tail}".strip()


def note_that_fits(text: str, model: str) -> str:
    """A note for a later prompt: its beginning, of at most a quarter of the model's window."""
    return beginning(text, room(model, 0.25))


def line_that_fits(text: str, model: str) -> str:
    """A question or an answer for a later prompt: its beginning, of at most 1/16 of the model's window."""
    return beginning(text, room(model, 1 / 16))


def beginning(text: str, most: int) -> str:
    """As much of the text, from its first word on, as takes at most so many tokens.

    >>> beginning("one two\\nthree four five", 4)
    'one two\\nthree four'
    """
    end = 0
    for piece in re.finditer(r"\S+\s*", text):
        most -= tokens(piece.group())
        if most < 0:
            break
        end = piece.end()
    return text[:end].rstrip()
