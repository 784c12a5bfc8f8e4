"""What a reply says: tolerant readers, the only place where text becomes a value.

Every reader takes any text and never raises. Where a marker stands several times, the last one
counts, since a model that corrects itself does so further down. A marker with nothing after it
(a reply that was cut) is not replaced by an earlier one: what was not said is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from masdesign.types import Answer, Verdict

_MARKUP = " \t\r*_`#>"
_GAP = r"[ \t*_`\"']{0,20}"
_ASIDE = r"(?:\([^()\n]{1,40}\))?"
_BOXED = re.compile(r"\\(?:boxed|fbox)\s{0,5}\{")
_HASHES = re.compile(r"^[ \t]{0,20}####[ \t]{0,20}([^#\n][^\n]*)", re.MULTILINE)
_PROSE = re.compile(
    r"\banswer(?:[ \t]to[ \t][^.:\n]{1,60})?[ \t]{0,5}(?:=|(?:is|would be|should be|must be)\b)[ \t]{0,5}:?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=\s)")
_FENCE = re.compile(r"^[ \t]{0,20}```[ \t]{0,20}[\w+-]{0,20}[ \t]{0,20}$")
_FENCED = re.compile(r"```[ \t]{0,20}[\w+-]{0,20}[ \t]{0,20}\n(.*?)(?:\n[ \t]{0,20}```|\Z)", re.DOTALL)
_PAIRS = (("**", "**"), ("__", "__"), ("*", "*"), ("`", "`"), ('"', '"'), ("'", "'"), ("“", "”"),
          ("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), (r"\text{", "}"), ("<", ">"))  # fmt: skip
_MOST_LAYERS = 20
"""A reply of nothing but brackets, undressed one by one, would hold up all others."""
_QUOTED = re.compile(r"^\"((?:[^\"\\]|\\.)*)\"[\s,}\].]*$")

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
    r"""The answer that a reply gives; ``reasoning`` is the whole reply.

    Understood are ``Answer: X`` (bold, quoted, fenced, in JSON, or with X on the next line),
    ``#### X`` and ``\boxed{X}``; where there is none of these, "the answer is X". With ``bare``, a
    reply of one line and without any marker is itself the answer. ``text`` is empty where nothing
    could be read.

    >>> read_answer("2 + 2 = 4\n**Answer:** 4.").text
    '4'
    >>> read_answer(r"So we get \boxed{\frac{1}{2}}").text
    '\\frac{1}{2}'
    >>> read_answer("I do not know").text
    ''
    """
    plain = _plain(text)
    at, value = max(_last_label(plain, "answer"), _last_hashes(plain), _last_boxed(plain))
    if at < 0:
        value = _in_prose(plain)
    if at < 0 and not value and bare and "\n" not in plain.strip():
        value = _clean(plain)
    return Answer(_unwrapped(value), text)


def read_field(text: str, name: str) -> Answer:
    """What a reply says on its last line ``Name: …``; any case, with spaces or underscores.

    >>> read_field("It is well argued. Sub question: how many?", "sub_question").text
    'how many?'
    """
    return Answer(_last_label(_plain(text), name)[1], text)


def read_verdict(text: str) -> Verdict:
    """The judgement of a reply; ``critique`` is the whole reply.

    ``ok`` is true only where the reply says so: one that cannot be read approves of nothing.

    >>> read_verdict("Step 2 is wrong: 3 * 4 = 12. Verdict: wrong").ok
    False
    >>> read_verdict("I checked each step, and the solution is correct.").ok
    True
    """
    plain = _plain(text)
    at, said = _last_label(plain, "verdict")
    if at < 0:
        found = _last(_JUDGED, plain)
        said = found.group(1) if found else ""
    word = _WORD.search(said)
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
    text = _plain(text)
    at, said = _last_label(text, "choice")
    if at < 0:
        named = _last(_NAMED, text)
        said = named.group(1) if named else (text if len(text.strip()) <= 20 else "")
    number = _NUMBER.search(said)
    chosen = int(number.group()) if number else 0
    return chosen if 1 <= chosen <= count else None


def read_numbered(text: str, name: str) -> list[str]:
    r"""What the lines ``Name 1: …``, ``Name 2: …`` of a reply say, in the order of the lines.

    Lines that are only numbered (``1. …``) count where no line bears the name.

    >>> read_numbered("Question 1: How many?\n**Question 2:** For how much?", "question")
    ['How many?', 'For how much?']
    >>> read_numbered("First, 1. How many?\n2) For how much?", "question")
    ['For how much?']
    """
    plain = _plain(text)
    named = rf"^{_GAP}(?:[-•]{_GAP})?{re.escape(name)}{_GAP}\d{{1,3}}{_GAP}[:.)]([^\n]+)"
    found = re.findall(named, plain, re.IGNORECASE | re.MULTILINE)
    if not found:
        found = re.findall(r"^[ \t]{0,20}\d{1,3}[.)][ \t]([^\n]+)", plain, re.MULTILINE)
    return [line for line in map(_clean_line, found) if line]


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
    said = read_field(text, name).text
    found = []
    for label in labels:
        at = re.search(rf"(?<!\w){re.escape(label)}(?!\w)", said, re.IGNORECASE) if label else None
        if at:
            found.append((at.start(), -len(label), label))
    return min(found)[2] if found else ""


def read_action(text: str) -> tuple[str, str]:
    """Tool and argument of a reply's last ``Action: tool[argument]``; two empty texts where there is none.

    The argument may take several lines: it ends with the reply, or before a line that goes on with
    a thought, an observation or an answer.

    >>> read_action("I need the product.\\nAction: Calculator[(3 + 4) * 5]")
    ('calculator', '(3 + 4) * 5')
    >>> read_action("Action: none")
    ('', '')
    """
    plain = _plain(text)
    label = _last(_label("action"), plain)
    found = _ACTION.match(plain, label.end()) if label else None
    if found is None:
        return "", ""
    argument = _GOES_ON.split(found.group(2), maxsplit=1)[0].rstrip(_MARKUP + "\n")
    return found.group(1).lower(), argument.removesuffix("]").strip(" \t\n`")


def read_program(text: str) -> str:
    """The Python source in a reply: after the last ``Program:``, else in its last code fence; or empty.

    >>> read_program("Program: `(1 + 2) * 3`")
    '(1 + 2) * 3'
    """
    text = _plain(text)
    label = _last(_label("program"), text)
    fences = list(_FENCED.finditer(text))
    if label is not None:
        rest = text[label.end() :]
        inside = next((f for f in fences if f.start() >= label.end()), None)
        first_line = rest.lstrip(_MARKUP.replace("`", "") + "\n")
        if inside is not None and first_line.startswith("```"):
            return inside.group(1).strip()
        return _code(_first_line(rest))
    return fences[-1].group(1).strip() if fences else ""


def _plain(text: str) -> str:
    """The same text with one kind of line end and of colon."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("：", ":")


@cache
def _label(name: str) -> re.Pattern[str]:
    words = r"[ \t_-]{0,5}".join(re.escape(word) for word in re.split(r"[\s_-]+", name.strip()))
    return re.compile(rf"(?<![^\W_]){words}{_GAP}{_ASIDE}{_GAP}:", re.IGNORECASE)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007 (the last one is what is wanted)
        pass
    return found


def _last_label(text: str, name: str) -> tuple[int, str]:
    """Where the last ``name:`` stands, and what follows it; -1 where there is none."""
    found = _last(_label(name), text)
    if found is None:
        return -1, ""
    return found.start(), _clean(_first_line(text[found.end() :]))


def _last_hashes(text: str) -> tuple[int, str]:
    """The same for ``#### X``: a number, or the last line; elsewhere it is a heading in Markdown."""
    for found in reversed(list(_HASHES.finditer(text))):
        value = found.group(1).strip()
        if re.match(r"[-+$€£]{0,2}\d", value) or not text[found.end() :].strip():
            return found.start(), _clean(value)
    return -1, ""


def _last_boxed(text: str) -> tuple[int, str]:
    r"""The same for ``\boxed{X}``, with braces inside X."""
    found = _last(_BOXED, text)
    if found is None:
        return -1, ""
    depth = 1
    for i in range(found.end(), len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return found.start(), _clean(text[found.end() : i])
    return found.start(), ""


def _clean_line(line: str) -> str:
    """A line without the emphasis around it; its end mark stays."""
    return line.strip(_MARKUP)


def _first_line(text: str) -> str:
    """The rest of the line; where it is blank, the next line that is not."""
    for line in text.split("\n"):
        if line.strip(_MARKUP) and not _FENCE.match(line):
            return line
    return ""


def _in_prose(text: str) -> str:
    """What follows the last "the answer is", to the end of the sentence."""
    found = _last(_PROSE, text)
    if found is None:
        return ""
    line = _first_line(text[found.end() :])
    end = _SENTENCE_END.search(line)
    return _clean(line[: end.start()] if end else line)


def _clean(value: str) -> str:
    """Without the dress: emphasis, quotes, dollars, code marks, a full stop at the end."""
    value = value.strip()
    quoted = _QUOTED.match(value)
    if quoted:
        return quoted.group(1).strip()
    for _ in range(_MOST_LAYERS):
        before = value
        value = value.strip().rstrip(".,; ")
        if value.endswith("}") and "{" not in value:
            value = value[:-1]
        for opening, closing in _PAIRS:
            inner = len(value) > len(opening) + len(closing)
            if inner and value.startswith(opening) and value.endswith(closing):
                middle = value[len(opening) : -len(closing)]
                if opening not in middle and closing not in middle:
                    value = middle
        value = _one_sided(value)
        if value == before:
            break
    return value


def _one_sided(value: str) -> str:
    """Without emphasis whose other half stood before the marker, as in ``**Answer: 4**``."""
    for mark in ("**", "__", "`", "*"):
        if value.count(mark) == 1:
            if value.startswith(mark):
                value = value[len(mark) :]
            elif value.endswith(mark):
                value = value[: -len(mark)]
    return value


def _unwrapped(value: str) -> str:
    """Without "the answer is" inside an answer, as in ``Answer: the answer is 4``."""
    found = re.match(r"(?:so[ ,]+)?the (?:final )?answer is:?\s+(.+)", value, re.IGNORECASE | re.DOTALL)
    return _clean(found.group(1)) if found else value


def _code(line: str) -> str:
    """Without the marks that Markdown puts around code."""
    line = line.strip()
    for mark in ("**", "``", "`"):
        line = line.removeprefix(mark).removesuffix(mark).strip()
    return line
