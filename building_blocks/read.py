"""What a reply says: tolerant readers, the only place where text becomes a value.

Every reader takes any text and never raises. Where a marker stands several times, the last one
counts, since a model that corrects itself does so further down. A marker with nothing after it
(a reply that was cut) is not replaced by an earlier one: what was not said is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from masdesign.tasks.replies import (
    find_statement,
    first_text_line,
    label_pattern,
    last_field,
    last_match,
    unified_lines,
)
from masdesign.types import Answer, Verdict

_MARKUP = " \t\r*_`#>"
_GAP = r"[ \t*_`\"']{0,20}"
_FENCED = re.compile(r"```[ \t]{0,20}[\w+-]{0,20}[ \t]{0,20}\n(.*?)(?:\n[ \t]{0,20}```|\Z)", re.DOTALL)

_YES = "right|correct|valid|true|yes|ok|okay|pass|accept|accepted"
_NO = "wrong|incorrect|invalid|false|no|fail|reject|rejected"
_WORD = re.compile(rf"\b(?:(not)[ \t]{{1,5}})?({_YES}|{_NO})\b", re.IGNORECASE)
_JUDGED = re.compile(
    r"\b(?:solution|answer|reasoning|conclusion|result|it|everything|steps?)[ \t]{1,5}"
    r"(?:is|are|looks?|seems?)[ \t]{1,5}(?:(?:entirely|completely|indeed|all|therefore)[ \t]{1,5})?"
    r"((?:not[ \t]{1,5})?(?:right|correct|valid|wrong|incorrect|invalid))\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\d.])\d{1,6}(?![\d]|\.\d)")
_DECIMAL = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3})?(?![\d])")
_ACTION = re.compile(r"[ \t*_`]{0,20}([a-z]{1,30})[ \t*_`]{0,20}\[(.*)", re.IGNORECASE | re.DOTALL)
_GOES_ON = re.compile(r"\n[ \t*_`]{0,20}(?:thought|observation|answer)\b", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:solution|option|candidate)[ \t*_`(#]{0,5}(\d{1,6})\b", re.IGNORECASE)


@lru_cache(8192)  # a search reads the same replies for one design after another
def read_answer(text: str, *, bare: bool = False) -> Answer:
    r"""The answer that a reply gives on a line (form ``line``); ``reasoning`` is the whole reply.

    With ``bare``, a reply of one short line without any marker is itself the answer (`find_statement`).
    ``text`` is empty where nothing could be read.

    >>> read_answer("2 + 2 = 4\n**Answer:** 4.").text
    '4'
    >>> read_answer(r"So we get \boxed{\frac{1}{2}}").text
    '\\frac{1}{2}'
    >>> read_answer("I do not know").text
    ''
    """
    stated = find_statement(text, bare=bare)
    return Answer(stated.line if stated is not None else "", text)


def read_field(text: str, name: str) -> Answer:
    """What a reply says on its last line ``Name: …``; any case, with spaces or underscores.

    >>> read_field("It is well argued. Sub question: how many?", "sub_question").text
    'how many?'
    """
    return Answer(last_field(unified_lines(text), name)[1], text)


def read_verdict(text: str) -> Verdict:
    """The judgement of a reply; ``critique`` is the whole reply.

    ``ok`` is true only where the reply says so: one that cannot be read approves of nothing.

    >>> read_verdict("Step 2 is wrong: 3 * 4 = 12. Verdict: wrong").ok
    False
    >>> read_verdict("I checked each step, and the solution is correct.").ok
    True
    """
    plain = unified_lines(text)
    at, judgement = last_field(plain, "verdict")
    if at < 0:
        match = last_match(_JUDGED, plain)
        judgement = match.group(1) if match else ""
    word = _WORD.search(judgement)
    if word is None:
        return Verdict(False, text)
    positive = re.fullmatch(_YES, word.group(2), re.IGNORECASE) is not None
    return Verdict(positive != bool(word.group(1)), text)


def read_choice(text: str, count: int) -> int | None:
    """The number (1 to ``count``) of the solution that a reply chooses; ``None`` where it names none.

    >>> read_choice("The first has an error in line 2. Choice: 2", 3)
    2
    >>> read_choice("Choice: 7", 3) is None
    True
    """
    text = unified_lines(text)
    at, line = last_field(text, "choice")
    if at < 0:
        match = last_match(_NAMED, text)
        line = match.group(1) if match else (text if len(text.strip()) <= 20 else "")
    number = _NUMBER.search(line)
    chosen = int(number.group()) if number else 0
    return chosen if 1 <= chosen <= count else None


def read_numbered(text: str, name: str) -> list[str]:
    r"""What the lines ``Name 1: …``, ``Name 2: …`` of a reply say, in the order of the lines.

    Lines that are only numbered (``1. …``) count where no line has the name.

    >>> read_numbered("Question 1: How many?\n**Question 2:** For how much?", "question")
    ['How many?', 'For how much?']
    >>> read_numbered("First, 1. How many?\n2) For how much?", "question")
    ['For how much?']
    """
    plain = unified_lines(text)
    pattern = rf"^{_GAP}(?:[-•]{_GAP})?{re.escape(name)}{_GAP}\d{{1,3}}{_GAP}[:.)]([^\n]+)"
    lines = re.findall(pattern, plain, re.IGNORECASE | re.MULTILINE)
    if not lines:
        lines = re.findall(r"^[ \t]{0,20}\d{1,3}[.)][ \t]([^\n]+)", plain, re.MULTILINE)
    return [line for line in map(_clean_line, lines) if line]


def read_numbers(text: str, count: int) -> list[int]:
    """The numbers from 1 to ``count`` in a text, each once, in ascending order.

    >>> read_numbers("2, 1 and 2, not 9", 3)
    [1, 2]
    """
    return sorted({int(n) for n in _NUMBER.findall(text) if 1 <= int(n) <= count})


def read_score(text: str, name: str, most: float) -> float | None:
    """The number from 0 to ``most`` on a reply's last line ``Name: …``; ``None`` where there is none.

    >>> read_score("Well set up. Score: 7.5/10", "score", 10), read_score("Score: high", "score", 10)
    (7.5, None)
    """
    number = _DECIMAL.search(read_field(text, name).text)
    score = float(number.group()) if number else -1.0
    return score if 0 <= score <= most else None


def read_label(text: str, name: str, labels: Sequence[str]) -> str:
    """Which of the labels a reply gives on its last line ``Name: …``; empty where it gives none.

    Where the line names several, the one named first counts; of two that begin alike, the longer.

    >>> read_label("It takes many steps. Kind: **Hard**.", "kind", ["easy", "hard"])
    'hard'
    """
    line = read_field(text, name).text
    mentioned = []
    for label in labels:
        match = re.search(rf"(?<!\w){re.escape(label)}(?!\w)", line, re.IGNORECASE) if label else None
        if match:
            mentioned.append((match.start(), -len(label), label))
    return min(mentioned)[2] if mentioned else ""


def read_action(text: str) -> tuple[str, str]:
    """Tool and argument of a reply's last ``Action: tool[argument]``; two empty texts where there is none.

    The argument may take several lines: it ends with the reply, or before a line that goes on with
    a thought, an observation or an answer.

    >>> read_action("I need the product.\\nAction: Calculator[(3 + 4) * 5]")
    ('calculator', '(3 + 4) * 5')
    >>> read_action("Action: none")
    ('', '')
    """
    plain = unified_lines(text)
    marker = last_match(label_pattern("action"), plain)
    action = _ACTION.match(plain, marker.end()) if marker else None
    if action is None:
        return "", ""
    argument = _GOES_ON.split(action.group(2), maxsplit=1)[0].rstrip(_MARKUP + "\n")
    return action.group(1).lower(), argument.removesuffix("]").strip(" \t\n`")


def read_program(text: str) -> str:
    """The Python source in a reply: after the last ``Program:``, else in its last code fence; or empty.

    >>> read_program("Program: `(1 + 2) * 3`")
    '(1 + 2) * 3'
    """
    text = unified_lines(text)
    marker = last_match(label_pattern("program"), text)
    blocks = list(_FENCED.finditer(text))
    if marker is not None:
        rest = text[marker.end() :]
        inside = next((f for f in blocks if f.start() >= marker.end()), None)
        beginning = rest.lstrip(_MARKUP.replace("`", "") + "\n")
        if inside is not None and beginning.startswith("```"):
            return inside.group(1).strip()
        return _code(first_text_line(rest))
    return blocks[-1].group(1).strip() if blocks else ""


def _clean_line(line: str) -> str:
    """A line without the emphasis around it; its end mark stays."""
    return line.strip(_MARKUP)


def _code(line: str) -> str:
    """Without the marks that Markdown puts around code."""
    line = line.strip()
    for mark in ("**", "``", "`"):
        line = line.removeprefix(mark).removesuffix(mark).strip()
    return line
