"""Texts and JSON as the database keeps them: the same bytes for the same value."""

from __future__ import annotations

import json
import re
from typing import Any

_NO_TEXT = re.compile("[\ud800-\udfff\x00]")


def clean(text: str) -> str:
    """A text that every database takes: lone surrogates and NUL become U+FFFD.

    A sampled reply can hold any sequence of bytes; one such reply must not end a run.

    >>> clean("a\\x00b")
    'a\\ufffdb'
    """
    return _NO_TEXT.sub("\ufffd", text)


def dumps(value: Any) -> str:
    """JSON in one form: sorted keys, no spaces, ASCII, never NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
