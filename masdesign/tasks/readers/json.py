"""JSON: one object a line, whatever the file is called, or one document that holds a list of objects.

Of a document that is an object the list is the one under ``examples``, ``data``, ``rows`` or the like, or the
only list of objects in it.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from masdesign.errors import InputError
from masdesign.tasks.readers import Record
from masdesign.tasks.readers._text import CURE, parse_json, text_lines, whole_text

_LISTS = ("samples", "examples", "data", "rows", "items", "questions", "instances")


class JsonReader:
    """Reads JSON lines and JSON documents."""

    name = "json"
    endings = (".json", ".jsonl", ".ndjson")
    prefix = ""

    def read(self, source: str) -> Iterator[Record]:
        start = list(islice(_fill(source), 2))
        if not start:
            raise InputError(f"{source} is empty; {CURE}")
        if _is_document(source, start[0][1].strip(), len(start) == 1):
            yield from rows_of_document(source, parse_json(source, whole_text(source)))
            return
        for number, line in _fill(source):
            where = f"{source}, line {number}"
            yield as_record(where, parse_json(where, line))


def _fill(source: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in text_lines(source) if line.strip())


def _is_document(source: str, first: str, alone: bool) -> bool:
    """Whether a file is one document, and not one object a line; by its first line, not by its name."""
    if first.startswith("{") and first.endswith("}") and not alone:
        return False
    named_lines = source.removesuffix(".gz").endswith((".jsonl", ".ndjson"))
    return (first.startswith("[") and (alone or not first.endswith("]"))) or not named_lines


def rows_of_document(source: str, document: Any) -> Iterator[Record]:
    """The rows of a JSON document: a list, an object that holds one, or an object that is a row."""
    rows = _list_in(document) if isinstance(document, dict) else document
    if rows is None and isinstance(document, dict):
        rows = [document]
    if not isinstance(rows, list):
        raise InputError(f"{source}: not a JSON object or a list of them; {CURE}")
    if not rows:
        raise InputError(f"{source} holds no examples; {CURE}")
    for number, row in enumerate(rows, start=1):
        yield as_record(f"{source}, example {number}", row)


def _list_in(document: dict[str, Any]) -> list[Any] | None:
    lists = {name: value for name, value in document.items() if _is_table(value)}
    for name in _LISTS:
        if name in lists:
            return lists[name]  # type: ignore[no-any-return]
    return next(iter(lists.values())) if len(lists) == 1 else None


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def as_record(where: str, value: Any) -> Record:
    """A JSON object as a record. Raises `InputError` for any other value."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: not a JSON object; {CURE}")
    return Record(where, value)


json = JsonReader()
