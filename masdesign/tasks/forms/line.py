"""The form ``line``: an answer on one line, ``Answer: …``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from masdesign.tasks.text import bare, fold

_MARKER = re.compile(r"answer[ \t*_`]{0,20}:[ \t*_`]{0,20}([^\n]*)", re.IGNORECASE)


class Line:
    """A short answer; case, white space and punctuation at its ends do not count."""

    name = "line"

    def instruction(self, labels: Sequence[str]) -> str:
        return "Give the answer on the last line: Answer: ..."

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        given = _MARKER.findall(reply)
        return given[-1].strip().rstrip(".*_` ") or None if given else None

    def equal(self, a: str, b: str) -> bool:
        return fold(a) == fold(b) or (bare(a) != "" and bare(a) == bare(b))

    def schema(self) -> Mapping[str, Any] | None:
        return None
