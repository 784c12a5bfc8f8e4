"""Where in a row a value stands: names, dotted paths, lists and templates.

| written | means |
|---|---|
| ``prompt`` | the field of that name |
| ``choices.text`` | a field within a field |
| ``answers[0].text`` | within the first entry of a list |
| ``context[].title`` | of every entry: a list |
| ``{Body}. {Question}`` | a text that is put together |
| ``[A; B; C; D]`` | a list of several values |
| ``2`` | the second cell of a table without a line of names |
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from masdesign.errors import InputError
from masdesign.tasks.readers import Record

_STEP = re.compile(r"\[(\d*)\]|\.?([^.\[\]]+)")
_SLOT = re.compile(r"\{([^{}]+)\}")


class Missing(LookupError):
    """A row has no such value; the message names what was looked for."""


def value_at(path: str, row: Mapping[str, Any]) -> Any:
    """The value that a column names. Raises `Missing` where the row has none.

    >>> row = {"a": {"b": [{"c": 1}, {"c": 2}]}, "x.y": 3}
    >>> value_at("a.b[].c", row), value_at("x.y", row), value_at("{x.y} of {a.b[0].c}", row)
    ([1, 2], 3, '3 of 1')
    """
    if path in row or path.isdigit():
        try:
            return row[path]
        except KeyError:
            raise Missing(path) from None
    if "{" in path:
        return _SLOT.sub(lambda slot: _as_text(value_at(slot[1].strip(), row)), path)
    if path.startswith("[") and path.endswith("]") and len(path) > 2 and not path[1:-1].isdigit():
        return [value_at(part.strip(), row) for part in path[1:-1].split(";")]
    return _walk(_steps(path), row, path)


def _steps(path: str) -> list[str | int | None]:
    """Names, numbers of entries, and ``None`` for "every entry"."""
    steps: list[str | int | None] = []
    place = 0
    while place < len(path):
        step = _STEP.match(path, place)
        if step is None:
            raise InputError(
                f"the column {path!r} cannot be understood; write a.b, a[0].b, a[].b or {{a}} {{b}}"
            )
        steps.append(step[2] if step[2] is not None else int(step[1]) if step[1] else None)
        place = step.end()
    return steps


def _walk(steps: list[str | int | None], value: Any, path: str) -> Any:
    for place, step in enumerate(steps):
        if step is None:
            entries = list(value.values()) if isinstance(value, Mapping) else value
            if not isinstance(entries, (list, tuple)):
                raise Missing(path)
            return [_walk(steps[place + 1 :], entry, path) for entry in entries]
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            raise Missing(path) from None
    return value


def _as_text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "\n".join(map(_as_text, value))
    return "" if value is None else str(value)


def unfold(records: Iterable[Record], path: str) -> Iterator[Record]:
    """The rows within rows that ``path`` names, as ``data[].paragraphs[].qas[]``.

    Each has the fields of the rows around it as well, where it has none of that name. An entry of an
    object has the entry's name as ``_key``.

    >>> record = Record("x", {"p": [{"context": "c", "qas": [{"q": 1}, {"q": 2}]}]})
    >>> [dict(inner.fields) for inner in unfold([record], "p[].qas[]")]
    [{'context': 'c', 'q': 1}, {'context': 'c', 'q': 2}]
    """
    for record in records:
        steps = _steps(path)
        for number, fields in enumerate(_inner(steps, record.fields, {}, record), start=1):
            yield Record(f"{record.where}, {path.rstrip('[].').rpartition('.')[2]} {number}", fields)


def _inner(
    steps: list[str | int | None], value: Any, outer: Mapping[str, Any], record: Record
) -> Iterator[dict[str, Any]]:
    if isinstance(value, Mapping):
        used = {step for step in steps[:1] if isinstance(step, str)}
        outer = {**outer, **{name: field for name, field in value.items() if name not in used}}
    if not steps:
        if not isinstance(value, Mapping):
            raise record.wrong("a row within it is no object", "name the list of objects that are the rows")
        yield dict(outer)
        return
    step, rest = steps[0], steps[1:]
    if step is None:
        if isinstance(value, Mapping):
            for key, entry in value.items():
                yield from _inner(rest, entry, {"_key": key}, record)
            return
        if not isinstance(value, (list, tuple)):
            raise record.wrong("there is no list where the rows should be", "check the path of the rows")
        for entry in value:
            yield from _inner(rest, entry, outer, record)
        return
    try:
        inside = value[step]
    except (KeyError, IndexError, TypeError):
        raise record.wrong(f"no {step!r} in it", "check the path of the rows") from None
    yield from _inner(rest, inside, outer, record)
