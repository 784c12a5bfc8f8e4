r"""What a designing model's reply says: tolerant readers, which take any text and never raise.

Understood are labelled lines with the code in a fence, a JSON object (its strings may hold raw line
ends; it may be cut or broken), XML tags, and bare code; all with prose around them.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from masdesign.syntax import tree_of

_THOUGHTS = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+-]*)[ \t]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.M
)
_ENTRY = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(?:workflow|forward)\b", re.MULTILINE)
_START = re.compile(r"^(?:async[ \t]+def|def|import|from|class|@)\b", re.MULTILINE)
_CODE_NAMES = ("code", "source", "workflow", "graph")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_MOST_TRIES = 100
"""Ends that are tried for code without a fence; each takes a parse of all of it."""
_NAME_LENGTH, _THOUGHT_LENGTH = 80, 1200


@dataclass(frozen=True, slots=True)
class DesignDraft:
    """A design as a reply gives it; ``code`` is empty where it gives none."""

    code: str
    name: str = ""
    thought: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def read_design(text: str, fields: Sequence[str] = ()) -> DesignDraft:
    """The design in a reply, and the further ``fields`` that were asked for (empty text where missing).

    >>> read_design("Sure!\\n```\\nasync def workflow(task):\\n    return await direct(task)\\n```").code
    'async def workflow(task):\\n    return await direct(task)'
    """
    said = _THOUGHTS.sub("", text).replace("\r\n", "\n")
    fields_read = read_fields(said, ("name", "thought", *fields, *_CODE_NAMES))
    code = next((c for c in _codes(said, fields_read) if _ENTRY.search(c)), "")
    name = " ".join(fields_read["name"].split())[:_NAME_LENGTH].strip()
    thought = (fields_read["thought"] or _prose_before(said))[:_THOUGHT_LENGTH]
    return DesignDraft(code.strip("\n").rstrip(), name, thought, {f: fields_read[f] for f in fields})


def read_fields(text: str, names: Sequence[str]) -> dict[str, str]:
    """What a reply says under each name; empty text where it says nothing.

    >>> read_fields('Here: {"insight": "vote more", "when": "sums"}', ("insight", "when"))
    {'insight': 'vote more', 'when': 'sums'}
    >>> read_fields("**Insight:** vote\\nmore\\nWhen: sums", ("insight", "when"))["insight"]
    'vote\\nmore'
    """
    said = _THOUGHTS.sub("", text).replace("\r\n", "\n")
    outside = _FENCE.sub(lambda fence: fence[0] if fence[3].lstrip().startswith("{") else "", said + "\n")
    readings = (
        _whole_json(outside, names),  # no dict of the code is taken for the reply
        _tags(said, names),
        _broken_json(outside, names),
        _lines(said, names),
    )
    return {name: next((r[name] for r in readings if r.get(name, "").strip()), "").strip() for name in names}


def _codes(said: str, told: Mapping[str, str]) -> Iterator[str]:
    """What may be the code, the likeliest first; of several fences the last that defines an entry."""
    for name in _CODE_NAMES:
        if told[name]:
            inner = [match[3] for match in _FENCE.finditer(told[name] + "\n")]
            yield textwrap.dedent(inner[-1] if inner else _unescaped(told[name]))
    yield from (textwrap.dedent(match[3]) for match in reversed(list(_FENCE.finditer(said))))
    yield _bare(said)


def _bare(said: str) -> str:
    """Code without a fence: from its first line to the last with which it is Python, or to the end."""
    entry = _ENTRY.search(said)
    if entry is None:
        return ""
    starts = [m.start() for m in _START.finditer(said) if m.start() <= entry.start()]
    lines = textwrap.dedent(said[min([*starts, entry.start()]) :]).split("\n")
    end = len(lines)
    for _ in range(_MOST_TRIES):
        candidate = "\n".join(lines[:end])
        wrong = _first_wrong_line(candidate)
        if wrong is None and _ENTRY.search(candidate):
            return candidate
        end = min(end, wrong or 1) - 1
        if end < 1:
            break
    return "\n".join(lines)


def _first_wrong_line(text: str) -> int | None:
    """The line at which the text is found to be no Python; ``None`` where it is."""
    try:
        tree_of(text)
    except SyntaxError as error:
        return error.lineno or text.count("\n") + 1
    except (ValueError, RecursionError, MemoryError):
        return 1
    return None


def _whole_json(said: str, names: Iterable[str]) -> dict[str, str]:
    """The fields of the first JSON object that holds any of them."""
    for start in (match.start() for match in re.finditer(r"\{", said)):
        try:
            value, _ = json.JSONDecoder(strict=False).raw_decode(said, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            told = {_plain(str(key)): _text(part) for key, part in value.items()}
            fields = {name: told[_plain(name)] for name in names if _plain(name) in told}
            if fields:
                return fields
    return {}


def _broken_json(said: str, names: Iterable[str]) -> dict[str, str]:
    """The same where the object is cut or not well-formed: string by string."""
    fields = {}
    for name in names:
        words = r"[ _-]?".join(map(re.escape, re.split(r"[ _-]+", name)))
        opened = re.search(rf'["\']{words}["\']\s*:\s*("""|\'\'\'|"|`)', said, re.IGNORECASE)
        if opened:
            fields[name] = _string(said[opened.end() :], opened[1])
    return fields


def _string(rest: str, quote: str) -> str:
    """What stands before the closing quote: the first that ends a member, so inner quotes may be bare."""
    member, last = r"""\s*,\s*["']\w[\w -]*["']\s*:""", r"[\s,]*(?:\}\s*)?(?:\Z|```)"
    closing = re.compile(rf"(?<!\\){re.escape(quote)}(?={member}|{last})")
    end = closing.search(rest)
    body = rest[: end.start()] if end else rest
    return body if len(quote) == 3 else _ESCAPE.sub(_escaped, body)


def _escaped(match: re.Match[str]) -> str:
    told = match[1]
    return chr(int(told[1:], 16)) if len(told) > 1 else _ESCAPED.get(told, told)


def _tags(said: str, names: Iterable[str]) -> dict[str, str]:
    fields = {}
    for name in names:
        inner = re.search(rf"<{re.escape(name)}>(.*?)(?:</{re.escape(name)}>|\Z)", said, re.DOTALL | re.I)
        if inner:
            fields[name] = inner[1]
    return fields


def _lines(said: str, names: Iterable[str]) -> dict[str, str]:
    """What follows each name and a colon at the beginning of a line, to the next name or the code."""
    known = {_plain(name): name for name in names}
    fields: dict[str, list[str]] = {}
    current = ""
    for line in _FENCE.sub("\n```\n", said + "\n").split("\n"):
        label, colon, rest = line.partition(":")
        name = known.get(_plain(label), "") if colon and len(label) < 60 else ""
        if name or line.strip() == "```" or _ENTRY.match(line):
            current = name
            fields[name] = [rest]
        elif current:
            fields[current].append(line)
    return {name: "\n".join(part).strip(" *_\n") for name, part in fields.items() if name}


def _prose_before(said: str) -> str:
    """The prose before the code: a thought where none is named so."""
    code = _ENTRY.search(said)
    fence = _FENCE.search(said)
    ends = [match.start() for match in (code, fence) if match]
    before = said[: min(ends)].strip() if ends else ""
    return "" if before.startswith("{") or "def " in before else before


def _unescaped(code: str) -> str:
    r"""Code that came as one line with ``\n`` in it, escaped twice."""
    return _ESCAPE.sub(_escaped, code) if "\n" not in code.strip() and "\\n" in code else code


def _plain(name: str) -> str:
    """A name as names are compared: letters and digits alone, in small letters."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _text(value: object) -> str:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
