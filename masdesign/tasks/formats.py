"""Records of a file become items: our own ``.jsonl``, BIG-Bench Hard ``.json``, GSM8K ``.jsonl``.

Every error names the file, the line (of a ``.json``: the example), what is wrong and the cure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.errors import InputError
from masdesign.tasks.metrics import option_index
from masdesign.tasks.text import fold, text_hash
from masdesign.types import Item
from masdesign.utf8 import utf8

COLUMNS = ("id", "question", "target", "context", "choices")
_OPTIONS = re.compile(r"\s*\n\s*Options:[ \t]*\n(?P<lines>.+)\Z", re.DOTALL | re.IGNORECASE)
_OPTION = re.compile(r"\s*(?:- (?P<plain>.+)|(?P<lettered>\([A-Za-z]\)\s*.+))")
_GSM8K = re.compile(r"####\s*(?P<target>\S.*?)\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON object of a file, and where it stands there, for messages."""

    where: str
    fields: Mapping[str, Any]

    def wrong(self, what: str, cure: str) -> InputError:
        return InputError(f"{self.where}: {what}; {cure}")


def items_of(records: Iterable[Record], columns: Mapping[str, str] | None = None) -> list[Item]:
    """The items of a file's records, in order; ids that are missing are hashes of the content.

    ``columns`` maps our names (``question``, ``target``, ``context``, ``choices``, ``id``) to the file's.
    Raises InputError at the first record that is not an item, or has an id for the second time.
    """
    names = _checked_columns(columns or {})
    items: list[Item] = []
    places: dict[str, str] = {}
    for record in records:
        item = _item(record, names)
        if record.fields.get(names["id"]) is not None and item.id in places:
            raise record.wrong(
                f"the id {item.id!r} is already that of {places[item.id]}",
                "give each item an id of its own, or none",
            )
        places[item.id] = record.where
        items.append(item)
    return items


def _checked_columns(columns: Mapping[str, str]) -> dict[str, str]:
    unknown = sorted(set(columns) - set(COLUMNS))
    if unknown:
        raise InputError(f"--columns: unknown name {unknown[0]!r}; the names are {', '.join(COLUMNS)}")
    return {name: columns.get(name, name) for name in COLUMNS}


def _item(record: Record, names: Mapping[str, str]) -> Item:
    fields = record.fields
    target, solution = _target(record, names)
    question, options = split_options(_text(record, "question", names))
    choices = _texts(record, fields, names["choices"]) or options
    context = _texts(record, fields, names["context"])
    given = fields.get(names["id"])
    if given is not None and not isinstance(given, (str, int)):
        raise record.wrong(f'"{names["id"]}" is {_kind(given)}', "make it text")
    name = utf8(str(given)) if given is not None else content_id(question, context, choices)
    return Item(name, question, target, context, choices, fields, solution)


def content_id(question: str, context: Iterable[str] = (), choices: Iterable[str] = ()) -> str:
    """12 hex digits that name what is asked: equal for questions that differ in spelling only.

    >>> content_id("What is 2+2?") == content_id(" what is  2+2? ")
    True
    """
    return text_hash(
        "\x1f".join((question, "\x1e".join(map(fold, context)), "\x1e".join(map(fold, choices))))
    )[:12]


def _target(record: Record, names: Mapping[str, str]) -> tuple[str, str]:
    """The target and, of GSM8K, the worked solution before it."""
    answer = record.fields.get("answer")
    if "target" in record.fields or names["target"] != "target" or not isinstance(answer, str):
        return _text(record, "target", names), ""
    found = _GSM8K.search(answer)
    if found is None:
        raise record.wrong(
            '"answer" does not end in "#### NUMBER", as GSM8K\'s do',
            "if the whole of it is the target, say --columns target=answer",
        )
    return utf8(found["target"].replace(",", "")), utf8(answer[: found.start()].strip())


def _text(record: Record, ours: str, names: Mapping[str, str]) -> str:
    name = names[ours]
    value = record.fields.get(name)
    if isinstance(value, (bool, int, float)):
        return str(value)
    if isinstance(value, str) and value.strip():
        return utf8(value.strip())
    if name not in record.fields:
        found = ", ".join(map(str, record.fields)) or "none"
        raise record.wrong(f'no "{name}" (found: {found})', f"name the right one with --columns {ours}=…")
    raise record.wrong(f'"{name}" is {_kind(value)}', "it must be a text that is not empty")


def _texts(record: Record, fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = fields.get(name)
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(v, (str, int, float)) for v in value):
        raise record.wrong(f'"{name}" is {_kind(value)}', "it must be a list of texts")
    return tuple(utf8(str(v).strip()) for v in value)


def _kind(value: object) -> str:
    if value is None or value == "" or (isinstance(value, str) and not value.strip()):
        return "empty"
    kinds = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}
    return kinds.get(type(value), "a text")


def split_options(question: str) -> tuple[str, tuple[str, ...]]:
    """A question without its ``Options:`` tail, and the options: BIG-Bench Hard's way to give choices.

    >>> split_options("Which is it?\\nOptions:\\n(A) red\\n(B) blue")
    ('Which is it?', ('(A) red', '(B) blue'))
    >>> split_options("Do you return?\\nOptions:\\n- Yes\\n- No")
    ('Do you return?', ('Yes', 'No'))
    """
    tail = _OPTIONS.search(question)
    if tail is None:
        return question, ()
    found = [_OPTION.fullmatch(line) for line in tail["lines"].splitlines() if line.strip()]
    options = tuple((o["plain"] or o["lettered"]).strip() for o in found if o)
    if len(options) != len(found) or not options:
        return question, ()
    return question[: tail.start()], options


def target_note(items: Iterable[Item]) -> str | None:
    """A line for the user where some target is none of its item's options, else ``None``."""
    with_options = [item for item in items if item.choices]
    strange = [item for item in with_options if option_index(item.target, item.choices) is None]
    if not strange:
        return None
    first = strange[0]
    return (
        f"{len(strange)} of {len(with_options)} items with options have a target that is none "
        f"of them (first: {first.target!r} to {first.question[:40]!r}); these are scored by exact match"
    )
