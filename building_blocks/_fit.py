"""Fit a text into a share of a model's window, counted by the model's own tokenizer where it is at hand."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from masdesign.building_blocks._window import room, shortened, tokens
from masdesign.workflow import running

Count = Callable[[str], int]
"""How many tokens a text has."""
_MARGIN = 1.25
"""An estimate of tokens is taken this many times, where the model's own tokenizer is not at hand."""


def counter(model: str) -> Count:
    """What counts the tokens of a text: the model's own tokenizer, else the estimate with a margin."""
    return running().own_count(model) or _estimate


def _estimate(text: str) -> int:
    return ceil(_MARGIN * tokens(text))


def fitted(text: str, most: int, count: Count) -> str:
    """Shorten a text to at most ``most`` tokens by leaving out its middle.

    >>> fitted("one two three four five six seven", 10, lambda text: 2 * len(text.split()))
    'one two … six seven'
    """
    short, share = text, most
    while count(short) > most and share > 1:
        short = shortened(text, share)
        share = min(share - 1, share * most // max(count(short), 1))
    return short


def fit_share(text: str, share: float, model: str) -> str:
    """Shorten a text to ``share`` of the model's window."""
    return fitted(text, room(model, share), counter(model))
