"""The form ``list``: several items, in order."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from masdesign.tasks.forms.line import same_line
from masdesign.tasks.forms.text import stated_block
from masdesign.tasks.replies import find_statement, spoken_text, undressed

_BULLET = re.compile(r"[ \t]{0,10}(?:[-*•][ \t]+|\(?\d{1,3}[.)][ \t]+)(.+)")
_QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|(?<!\w)'[^'\n]*'(?!\w)")
_HIDDEN = {ord(","): "\ue000", ord(";"): "\ue001"}
_SHOWN = {0xE000: ",", 0xE001: ";"}
_AND = re.compile(r"\A\s*(?:and|or)\s+", re.IGNORECASE)
"""Before the last of three or more items."""
_BRACKETS = (("[", "]"), ("(", ")"), ("{", "}"))


class Items:
    """Several items in order, separated by commas, by semicolons or by lines; each compared as a line.

    A reply that is nothing but lines with bullets or numbers is the list. Read is a JSON list: what an item
    holds is never taken for a separator. The order counts.

    >>> Items().read("Answer: red, light blue", ()), Items().equal("red, blue", '["Red", "blue"]')
    ('["red", "light blue"]', True)
    """

    name = "list"

    def instruction(self, labels: Sequence[str]) -> str:
        return "Give the answer as a list on the last line, separated by commas: Answer: ..."

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        stated, whole = find_statement(reply), spoken_text(reply)
        if stated is None and not _bulleted(whole):
            return None
        items = list_items(whole if stated is None else _shown(reply, stated.line))
        return json.dumps(items, ensure_ascii=False) if items else None

    def equal(self, a: str, b: str) -> bool:
        left, right = list_items(a), list_items(b)
        return bool(left) and len(left) == len(right) and all(map(same_line, left, right))

    def schema(self) -> Mapping[str, Any] | None:
        items = {"type": "array", "items": {"type": "string"}}
        return {"type": "object", "properties": {"answer": items}, "required": ["answer"]}


LIST = Items()


def _shown(reply: str, line: str) -> str:
    """All lines of the answer where it is a list with bullets or numbers, or JSON; else its line."""
    block = stated_block(reply)
    if block is None:
        return line
    return block if _bulleted(block) or block.lstrip().startswith("[") else line


def _bulleted(text: str) -> bool:
    """Whether all lines have bullets or numbers."""
    rows = [row for row in text.split("\n") if row.strip()]
    return len(rows) > 1 and all(_BULLET.fullmatch(row) for row in rows)


def list_items(text: str) -> list[str]:
    """The items of a list as text: JSON, bullets, lines, or separated by semicolons or commas.

    >>> list_items("[1, 2]"), list_items("- a\\n- b, c"), list_items("1,234; 5"), list_items("")
    (['1', '2'], ['a', 'b, c'], ['1,234', '5'], [])
    """
    text = text.strip()
    listed = _json_items(text)
    if listed is not None:
        return listed
    rows = [row for row in text.split("\n") if row.strip()]
    if len(rows) > 1:
        return [undressed(match.group(1) if (match := _BULLET.fullmatch(row)) else row) for row in rows]
    for opening, closing in _BRACKETS:
        if len(text) > 1 and text.startswith(opening) and text.endswith(closing):
            text = text[1:-1]
            break
    kept = _QUOTED.sub(lambda match: match.group().translate(_HIDDEN), text)
    parts = kept.split(";") if ";" in kept else re.split(r",(?!\d{3}(?!\d))|, ", kept)
    if len(parts) > 2:
        parts[-1] = _AND.sub("", parts[-1], count=1)
    return [item for part in parts if (item := undressed(part.translate(_SHOWN)))]


def _json_items(text: str) -> list[str] | None:
    if not text.startswith("["):
        return None
    try:
        value = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    return [part if isinstance(part, str) else json.dumps(part) for part in value]
