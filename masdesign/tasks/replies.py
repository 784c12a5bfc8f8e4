"""Where a reply states its answer: the parts that all forms share.

Understood are ``Answer: X`` (bold, quoted, in another line, as a heading), ``<answer>X</answer>``,
``#### X``, ``\\boxed{X}`` and ``{"answer": X}``; where there is none of these, "the answer is X"; and
a reply of one short line is itself the answer. Where several stand in a reply the last one counts, since
a model that corrects itself does so further down, but none after a run-on, where the model goes on with
a problem of its own. A marker with nothing after it (a reply that was cut) is not replaced by an earlier
one: what was not said is not guessed.

All patterns are linear: their repetitions are bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

_DRESSING = " \t\r*_`#>"
_DRESS = r"[ \t*_`\"']{0,20}"
_IN_BRACKETS = r"(?:\([^()\n]{1,40}\))?"
_BOXED = re.compile(r"\\(?:boxed|fbox)\s{0,5}\{")
_HASHES = re.compile(r"^[ \t]{0,20}####[ \t]{0,20}([^#\n][^\n]*)", re.MULTILINE)
_TAG = re.compile(r"<(?:final_)?answer>", re.IGNORECASE)
_END_TAG = re.compile(r"</(?:final_)?answer>", re.IGNORECASE)
_HEADING = re.compile(
    r"^[ \t]{0,20}(?:#{1,6}[ \t]{0,5}|\*\*|__)?(?:(?:the|my|final|correct)[ \t]{1,5}){0,2}answer"
    r"[ \t]{0,5}(?:\*\*|__)?[ \t]{0,20}$",
    re.IGNORECASE | re.MULTILINE,
)
_TRANSLATED = re.compile(
    r"(?<![^\W_])(?:antwort|respuesta|réponse|reponse|risposta|resposta|ответ|উত্তর|答案|答え|jibu|คำตอบ|సమాధానం)"
    r"[ \t*_`]{0,20}:",
    re.IGNORECASE,
)
"""``Answer:`` in other languages, for a model that replies in the question's own."""
_ANSWER_IS = re.compile(
    r"\banswer(?:[ \t]to[ \t][^.:\n]{1,60})?[ \t]{0,5}(?:=|(?:is|would be|should be|must be)\b)[ \t]{0,5}:?",
    re.IGNORECASE,
)
_GOES_ON_WITH = re.compile(
    r"^[ \t]{0,20}(?:#{1,6}[ \t]{0,5}|\*\*)?(problem|question|q|passage|user|human|input|instruction)"
    r"(?:[ \t]{1,3}\d{1,3})?(?:\*\*)?[ \t]{0,5}:",
    re.IGNORECASE | re.MULTILINE,
)
_END_OF_TURN = re.compile(r"<\|(?:im_end|im_start|endoftext|eot_id|end_of_text|end)\|>|<end_of_turn>")
_THINK = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_END_THINK = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=\s)")
_ABBREVIATION = re.compile(r"(?:\b[A-Za-z]\.[ ]?)+[A-Za-z]\Z|\b(?:St|Dr|Mr|Mrs|Ms|Prof|Mt|Ft|Jr|Sr|vs|No)\Z")
_INITIAL = re.compile(r"\b(?!Option|Choice|Answer|Type|Group|Class|Grade|Plan|Vitamin)[A-Z][a-z]+ [A-Z]\Z")
_FENCE_LINE = re.compile(r"^[ \t]{0,20}(?:`{3,20}|~{3,20})[ \t]{0,20}[\w+-]{0,20}[ \t]{0,20}$")
_FENCED_BLOCK = re.compile(
    r"^(?P<indent>[ \t]{0,20})(?P<fence>`{3,20}|~{3,20})[ \t]{0,20}\{?(?P<language>[\w+-]{0,20})"
    r"[^\n`]{0,80}\n(?P<body>.*?)(?:^[ \t]{0,20}(?P=fence)|\Z)",
    re.DOTALL | re.MULTILINE,
)
_PAIRS = (("**", "**"), ("__", "__"), ("*", "*"), ("`", "`"), ('"', '"'), ("'", "'"), ("“", "”"),
          ("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), (r"\text{", "}"), (r"\mathrm{", "}"),
          (r"\textbf{", "}"), ("<b>", "</b>"), ("<strong>", "</strong>"))  # fmt: skip
_MOST_LAYERS = 20
"""A reply of nothing but brackets, undressed layer by layer, would hold up all others."""
_INSIDE = re.compile(r"(?:so[ ,]+)?the (?:final |correct )?answer is:?\s+(.+)", re.IGNORECASE | re.DOTALL)
_NOT_SAID = re.compile(r"[.…\s]*\Z")
_FIRST_PERSON = re.compile(
    r"(?:i|i'm|i’m|we|sorry|unfortunately|let|let's|there|this|it|first|thought|action)\b", re.IGNORECASE
)
_FILLER = re.compile(r"(?:h+m+|u+m+|u+h+|well|okay|ok|sure|hello|thanks?)[\s.,!?…]*", re.IGNORECASE)
_LONGEST_BARE = 60


@dataclass(frozen=True, slots=True)
class Statement:
    """What follows the marker by which a reply states its answer."""

    kind: Literal["label", "tag", "hashes", "boxed", "json", "prose", "bare"]
    text: str
    """To the end of the reply after a label or a heading, else exactly what the marker holds."""
    at: int = -1
    """Where the marker stands in the reply."""

    @property
    def line(self) -> str:
        """The answer as one line, without what dresses it."""
        match self.kind:
            case "label":
                return inner_answer(undressed(first_text_line(self.text)))
            case "tag":
                return inner_answer(undressed(first_text_line(self.text)))
            case "json":
                return self.text
        return inner_answer(undressed(self.text))

    @property
    def block(self) -> str:
        """All of the answer, over any number of lines; a fence that holds the whole of it is opened."""
        text = self.text.strip("\n").rstrip()
        fence = _FENCED_BLOCK.match(text)
        if fence is not None and not text[fence.end() :].strip():
            return fence["body"].rstrip()
        return text.lstrip(" \t") if "\n" not in text else text


def find_statement(reply: str, *, bare: bool = True) -> Statement | None:
    """What a reply states as its answer; ``None`` where it states none.

    With ``bare``, a reply of one short line without any marker is itself the answer.

    >>> find_statement("Answer: 41, no.\\nAnswer: 42").line
    '42'
    >>> find_statement("Answer: 32\\n\\nProblem: What is 3 + 4?\\nAnswer: 7").line
    '32'
    """
    text = spoken_text(reply)
    marked = _last_marker(text)
    if marked is not None:
        return marked
    prose = prose_answer(text)
    if prose:
        return Statement("prose", prose)
    line = text.strip()
    if bare and is_bare_answer(line):
        return Statement("bare", line)
    return None


def spoken_text(reply: str) -> str:
    """What a reply says to its reader, up to where the model goes on with a problem of its own making.

    >>> spoken_text("<think>6 * 7</think>Answer: 42<|im_end|>")
    'Answer: 42'
    """
    return _without_run_on(without_thoughts(unified_lines(reply)))


def without_thoughts(text: str) -> str:
    """A reply without what a reasoning model thinks aloud, and without what follows the end of its turn."""
    thoughts = last_match(_END_THINK, text)
    if thoughts is not None:
        text = text[thoughts.end() :]
    elif (opened := _THINK.search(text)) is not None:
        text = text[: opened.start()]
    ended = _END_OF_TURN.search(text)
    return text[: ended.start()] if ended is not None and text[: ended.start()].strip() else text


def unified_lines(text: str) -> str:
    """The same text with one kind of line end and of colon."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("：", ":")


def _without_run_on(text: str) -> str:
    """A text up to where, after an answer, the model goes on with a problem of its own making."""
    first = _first_marker(text)
    if first < 0:
        return text
    before = {match.group(1).lower() for match in _GOES_ON_WITH.finditer(text, 0, first)}
    for match in _GOES_ON_WITH.finditer(text, first):
        if match.group(1).lower() not in before and not _is_inside(text, match.start()):
            return text[: match.start()]
    return text


def _first_marker(text: str) -> int:
    matches = [m for p in (label_pattern("answer"), _HEADING, _TAG, _HASHES, _BOXED) if (m := p.search(text))]
    return min((match.start() for match in matches), default=-1)


def _is_inside(text: str, at: int) -> bool:
    """Whether a place lies within a fenced block or an answer's tags."""
    opened = last_match(_TAG, text[:at])
    return text.count("```", 0, at) % 2 == 1 or (
        opened is not None and _END_TAG.search(text, opened.end(), at) is None
    )


def _last_marker(text: str) -> Statement | None:
    """The statement of the last marker."""
    candidates = [_in_tags(text), _labelled(text), _hashed(text), _boxed(text)]
    marked = [statement for statement in candidates if statement is not None]
    return max(marked, key=lambda statement: statement.at) if marked else None


def _in_tags(text: str) -> Statement | None:
    opened = last_match(_TAG, text)
    if opened is None:
        return None
    closed = _END_TAG.search(text, opened.end())
    return Statement("tag", text[opened.end() : closed.start() if closed else len(text)], opened.start())


def _labelled(text: str) -> Statement | None:
    marks = [m for p in (label_pattern("answer"), _HEADING) if (m := last_match(p, text))]
    mark = max(marks, key=lambda match: match.start(), default=None) or last_match(_TRANSLATED, text)
    if mark is None:
        return None
    value = _json_value(text, mark.end()) if '"' in mark.group() else None
    if value is not None:
        return Statement("json", value, mark.start())
    return Statement("label", text[mark.end() :], mark.start())


def _json_value(text: str, at: int) -> str | None:
    """The value of a JSON key whose colon ends at ``at``, as text."""
    while at < len(text) and text[at].isspace():
        at += 1
    try:
        value, end = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode(text, at)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, str) or value is None:
        return value or ""
    return text[at:end]


def _hashed(text: str) -> Statement | None:
    """``#### X`` with a number, or as the last line; elsewhere it is a heading in Markdown."""
    for match in reversed(list(_HASHES.finditer(text))):
        value = match.group(1).strip()
        if _HEADING.match(match.group()) is not None:
            continue
        if re.match(r"[-+$€£]{0,2}\d", value) or not text[match.end() :].strip():
            return Statement("hashes", value, match.start())
    return None


def _boxed(text: str) -> Statement | None:
    r"""``\boxed{X}``, with braces inside X."""
    match = last_match(_BOXED, text)
    if match is None:
        return None
    depth = 1
    for i in range(match.end(), len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return Statement("boxed", text[match.end() : i], match.start())
    return Statement("boxed", "", match.start())


def prose_answer(text: str, pattern: re.Pattern[str] = _ANSWER_IS) -> str:
    """What follows the last "the answer is", to the end of the sentence."""
    match = last_match(pattern, text)
    return first_sentence(first_text_line(text[match.end() :])) if match is not None else ""


def first_sentence(line: str) -> str:
    """A line up to the end of its first sentence, whose end mark stays where it may be the answer's.

    >>> [first_sentence(t) for t in (" 42. It was easy.", "St. Louis, Missouri.", "J. K. Rowling. Yes.")]
    ['42', 'St. Louis, Missouri.', 'J. K. Rowling']
    """
    line = line.strip()
    for match in _SENTENCE_END.finditer(line):
        before, after = line[: match.start()], line[match.end() :]
        factorial = match.group() == "!" and before[-1:].isdigit()
        abbreviated = match.group() == "." and _is_abbreviated(before, after)
        if not factorial and not abbreviated:
            return before
    return line


def _is_abbreviated(before: str, after: str) -> bool:
    """Whether a full stop between these belongs to an abbreviation or to somebody's initial."""
    if _ABBREVIATION.search(before):
        return True
    if re.fullmatch(r"[A-Z]", before):
        return re.match(r"\s[A-Z]\.", after) is not None
    return _INITIAL.search(before) is not None and re.match(r"\s[A-Z]", after) is not None


def is_bare_answer(line: str) -> bool:
    """Whether a reply of this one line, without any marker, is itself the answer."""
    short = 0 < len(line) <= _LONGEST_BARE and "\n" not in line
    says_nothing = _FIRST_PERSON.match(line) or _FILLER.fullmatch(line)
    return short and not line.endswith(":") and says_nothing is None


@cache
def label_pattern(name: str) -> re.Pattern[str]:
    """``Name:``, in any case, with spaces, hyphens or underscores, emphasis and an aside in brackets."""
    words = r"[ \t_-]{0,5}".join(re.escape(word) for word in re.split(r"[\s_-]+", name.strip()))
    return re.compile(rf"(?<![^\W_]){words}{_DRESS}{_IN_BRACKETS}{_DRESS}:", re.IGNORECASE)


def last_match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The last match of a pattern."""
    match = None
    for match in pattern.finditer(text):  # noqa: B007  (the last one is what is wanted)
        pass
    return match


def last_field(text: str, name: str) -> tuple[int, str]:
    """Where the last ``name:`` stands, and what its line says; -1 where there is none."""
    match = last_match(label_pattern(name), text)
    if match is None:
        return -1, ""
    return match.start(), undressed(first_text_line(text[match.end() :]))


def first_text_line(text: str) -> str:
    """The rest of the line; where it is blank, the next line that is not. A fence is no line."""
    for line in text.split("\n"):
        if line.strip(_DRESSING) and not _FENCE_LINE.match(line):
            return line
    return ""


def fenced_blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of a text: language and content, in order; the last may lack its end.

    >>> fenced_blocks("See:\\n```python\\nx = 1\\n```\\nDone.")
    [('python', 'x = 1\\n')]
    """
    return [
        (match["language"].lower(), _without_indent(match["body"], match["indent"]))
        for match in _FENCED_BLOCK.finditer(text)
    ]


def _without_indent(body: str, indent: str) -> str:
    """A block's lines without the indent that its fence has, as within a list."""
    return "".join(line.removeprefix(indent) for line in body.splitlines(keepends=True)) if indent else body


def undressed(value: str) -> str:
    """A line without its dress: emphasis, quotes, dollars around the whole of it, one full stop at its end.

    Nothing else is removed: brackets, signs and end marks may be the answer.

    >>> undressed("**42**."), undressed("}"), undressed("] ) }."), undressed("a?"), undressed("...")
    ('42', '}', '] ) }', 'a?', '')
    """
    value = value.strip()
    if _NOT_SAID.match(value):
        return ""
    stopped = False
    for _ in range(_MOST_LAYERS):
        before = value
        value = value.strip()
        if not stopped and value.endswith(".") and not value.endswith(".."):
            value, stopped = value[:-1].rstrip(), True
        for opening, closing in _PAIRS:
            value = _without_pair(value, opening, closing)
        value = _one_sided(value)
        if value == before:
            break
    return value


def _without_pair(value: str, opening: str, closing: str) -> str:
    if len(value) <= len(opening) + len(closing) or not (
        value.startswith(opening) and value.endswith(closing)
    ):
        return value
    middle = value[len(opening) : -len(closing)]
    if opening in middle or closing in middle or (opening == "__" and middle.isidentifier()):
        return value  # two quoted texts, or a name such as __init__
    return middle


def _one_sided(value: str) -> str:
    """Without emphasis whose other half stood at the marker, as in ``**Answer: 4**`` or ``*Answer:* 4``."""
    for mark in ("**", "__", "`"):
        if value.count(mark) == 1 and len(value) > len(mark):
            value = value.removeprefix(mark) if value.startswith(mark) else value.removesuffix(mark)
    return value[1:] if value.startswith("* ") else value


def inner_answer(value: str) -> str:
    """An answer without "the answer is" in it, as in ``Answer: the answer is 4``."""
    match = _INSIDE.match(value)
    return undressed(match.group(1)) if match is not None else value


def without_repeats(values: Iterable[str]) -> list[str]:
    """The values, each once, in order."""
    return list(dict.fromkeys(values))
