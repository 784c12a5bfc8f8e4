"""The form ``line``: an answer on one line, ``Answer: …``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from masdesign.tasks.forms._form import TextForm
from masdesign.tasks.replies import find_statement, undressed

_ONE_WORD = re.compile(r"\w+")
_PLAIN_NUMERAL = re.compile(r"([-+]?)(?:(0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*)(?:\.(\d+))?|\.(\d+))")
_HYPHENS = str.maketrans(dict.fromkeys("−–‐‑－", "-"))
_SHORT_WORDS = frozenset({"no", "yes"})


class Line(TextForm):
    """A short answer on one line, as it stands.

    White space, a full stop at the end, and emphasis or quotes around the whole do not count; nor does the
    case of ordinary words, nor how a numeral groups its digits. All else does: ``(0,1)`` is not ``[0,1]``,
    ``5!`` is not ``5``, ``CO`` is not ``Co``.

    >>> Line().read("2 + 2 = 4\\n**Answer:** 4.", ()), Line().equal("Lake Geneva.", "lake geneva")
    ('4', True)
    """

    name = "line"

    def instruction(self, labels: Sequence[str]) -> str:
        return "Give the answer on the last line: Answer: ..."

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        stated = find_statement(reply)
        return (stated.line or None) if stated is not None else None

    def equal(self, a: str, b: str) -> bool:
        return same_line(a, b)


LINE = Line()


def same_line(a: str, b: str) -> bool:
    """Whether two lines are the same text, but for white space, dress and the case of ordinary words.

    >>> same_line("Yes", "yes"), same_line("1,250.0", "1250"), same_line("CO", "Co"), same_line("a?", "a!")
    (True, True, False, False)
    """
    left, right = _comparable(a), _comparable(b)
    if left == right:
        return bool(left)
    if left.casefold() != right.casefold():
        return _numeral(left) is not None and _numeral(left) == _numeral(right)
    pairs = zip(_ONE_WORD.findall(left), _ONE_WORD.findall(right), strict=False)
    return all(_same_word(word, other) for word, other in pairs)


def _comparable(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", undressed(text)).translate(_HYPHENS).split())


def _same_word(left: str, other: str) -> bool:
    """Whether two words differ in nothing but ordinary capitals: lower, Title or, of a longer word, UPPER."""
    if left == other:
        return True
    if left.casefold() != other.casefold() or len(left) < 2:
        return False
    ordinary = all(word.islower() or word.istitle() or word.isupper() for word in (left, other))
    shouted = left.isupper() or other.isupper()
    return ordinary and (not shouted or len(left) > 2 or left.lower() in _SHORT_WORDS)


def _numeral(text: str) -> str | None:
    """A plain numeral without its grouping and without zeros at the end of its fraction."""
    match = _PLAIN_NUMERAL.fullmatch(text)
    if match is None:
        return None
    fraction = (match.group(3) or match.group(4) or "").rstrip("0")
    sign = "-" if match.group(1) == "-" else ""
    return sign + (match.group(2) or "0").replace(",", "") + ("." + fraction if fraction else "")
