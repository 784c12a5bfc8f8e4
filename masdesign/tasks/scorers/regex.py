"""``regex``: an answer is right where a regular expression is found in it.

``regex:PATTERN`` has one pattern for all items; ``regex`` takes each of the item's targets as one. Patterns
are searched with Python's `re`, with ``.`` not matching a line's end; write ``^…$`` or ``(?i)`` into them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.types import Answer, Item, Score


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text. Runs in a worker process: a pattern may take for ever."""
    return re.search(pattern, text) is not None


def check_pattern(pattern: str) -> str:
    """The pattern itself. Raises `InputError` where it is none."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError) as error:
        raise InputError(f"{pattern!r} is no regular expression ({error}); correct it") from None
    return pattern


@dataclass(frozen=True, slots=True)
class Regex:
    """1 where the pattern, or one of the item's targets as a pattern, is found in the answer."""

    pattern: str = ""
    calls: int = 0

    @property
    def name(self) -> str:
        return f"regex:{self.pattern}" if self.pattern else "regex"

    async def score(
        self, answer: Answer, item: Item, outcome: Mapping[str, Any], services: Services
    ) -> Score:
        patterns = [self.pattern] if self.pattern else list(item.targets)
        for pattern in patterns:
            try:
                if await services.in_process(matches, check_pattern(pattern), answer.text):
                    return Score(1.0)
            except TimeoutError:
                return Score(0.0, f"The search for {pattern} did not end in time.")
        return Score(0.0, f"No match of {' or '.join(patterns)}.")

    def with_argument(self, argument: str) -> Regex:
        return Regex(check_pattern(argument))


regex = Regex()
