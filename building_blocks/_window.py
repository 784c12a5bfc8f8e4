"""Fit examples, notes and inputs into a model's context window, by a rough token count.

An item whose prompt exceeds the window fails. Blocks therefore show fewer examples, or only the
beginning of a note, where the model's window is small.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from masdesign.building_blocks._step import labelled
from masdesign.types import Question
from masdesign.workflow import running

_PIECE = re.compile(r"[^\W\d]+|\d|[^\w\s]")
_LETTERS = 8
"""Longest word counted as one token; a longer one counts half its letters (small models spell rare words)."""
_UNCUT = 32
"""Longest run without a blank that is never cut, in characters."""


def tokens(text: str) -> int:
    """Estimate the number of tokens of a text from its words, digits and signs.

    >>> tokens("Add 12 and (3)."), tokens("unquestionably")
    (8, 7)
    """
    return sum(1 if len(piece) <= _LETTERS else (len(piece) + 1) // 2 for piece in _PIECE.findall(text))


def room(model: str, share: float) -> int:
    """Return the number of tokens in ``share`` (0 to 1) of the context window of ``model``."""
    return int(running().lm(model).window * share)


def examples_that_fit(
    task: Question, shown: Sequence[Mapping[str, Any]], model: str
) -> list[Mapping[str, Any]]:
    """Return the leading demonstrations that fill, with the problem, at most half of the model's window."""
    texts = [labelled(example["question"])["text"] + example["solution"] for example in shown]
    return list(shown[: that_fit(texts, room(model, 0.5) - tokens(labelled(task)["text"]))])


def that_fit(texts: Iterable[str], most: int) -> int:
    """Count the leading texts that together take at most ``most`` tokens.

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
    """Return the labelled inputs of a prompt, shortened where they would fill the model's window.

    Inputs and instruction may take 30 % of the window. Beyond that every input except the problem is
    cut in the middle, the longest first, so that its beginning and its end are kept.
    """
    free = [place for place, part in enumerate(shown) if part["label"] != "Problem"]
    fixed = tokens(instruction) + sum(tokens(part["text"]) for part in shown if part["label"] == "Problem")
    most = max(room(model, 0.3) - fixed, room(model, 1 / 8))
    share, left = most, len(free)
    for length in sorted(tokens(shown[place]["text"]) for place in free):
        share = most // left
        if length > share:
            break
        most, left = most - length, left - 1
    else:
        return [dict(part) for part in shown]
    return [
        {**part, "text": shortened(part["text"], share)} if place in free else dict(part)
        for place, part in enumerate(shown)
    ]


def shortened(text: str, most: int) -> str:
    """Shorten a text to about ``most`` tokens by leaving out its middle.

    >>> shortened("one two three four five six seven", 5)
    'one two … six seven'
    """
    if tokens(text) <= most:
        return text
    head = beginning(text, most // 2)
    return f"{head} … {_ending(text[len(head) :], most - most // 2 - 1)}".strip()


def note_that_fits(text: str, model: str) -> str:
    """Cut a note for a later prompt to at most a quarter of the model's window."""
    return beginning(text, room(model, 0.25))


def line_that_fits(text: str, model: str) -> str:
    """Cut a question or answer for a later prompt to at most 1/16 of the model's window."""
    return beginning(text, room(model, 1 / 16))


def beginning(text: str, most: int) -> str:
    """Return the longest beginning of the text, in whole words, of at most ``most`` tokens.

    What is longer than a word (a script without blanks, a key, a line of data) is cut where it must be.

    >>> beginning("one two\\nthree four five", 4), beginning("0123456789" * 4, 4)
    ('one two\\nthree four', '0123')
    """
    end = 0
    for piece in re.finditer(r"\S+\s*", text):
        size = tokens(piece.group())
        if size > most:
            end += _part(piece.group().rstrip(), most, 1)
            break
        most, end = most - size, piece.end()
    return text[:end].rstrip()


def _ending(text: str, most: int) -> str:
    """The longest ending of the text, by the same rule."""
    start = len(text)
    for piece in reversed([*re.finditer(r"\S+", text)]):
        size = tokens(piece.group())
        if size > most:
            cut = _part(piece.group(), most, -1)
            start = piece.end() - cut if cut else start
            break
        most, start = most - size, piece.start()
    return text[start:]


def _part(word: str, most: int, way: int) -> int:
    """Characters that are kept of a cut word: its first (``way`` 1) or its last (-1); none of a short one."""
    if len(word) <= _UNCUT:
        return 0
    return bisect_right(range(1, len(word)), most, key=lambda n: tokens(word[:n] if way > 0 else word[-n:]))
