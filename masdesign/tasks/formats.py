"""Making items of rows: our column names, the user's, BIG-Bench Hard's options, GSM8K's answers.

Every error names the file, the line (of a document: the example), what is wrong and the cure.
"""

import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

import numpy as np
import numpy.typing as npt

from masdesign.errors import InputError
from masdesign.tasks.columns import Missing, unfold, value_at
from masdesign.tasks.items import ItemStore, Keys, StoredItems, as_keys, digest, first_alike, repeated_keys
from masdesign.tasks.readers import Record
from masdesign.tasks.readers.csv import Header, is_table_row
from masdesign.tasks.text import fold, text_hash
from masdesign.types import Item
from masdesign.utf8 import utf8

__all__ = ["COLUMNS", "Record", "content_id", "items_of", "split_options"]

COLUMNS = ("id", "question", "target", "context", "choices", "solution", "rows")
_READ = frozenset({*COLUMNS, "targets", "answer", "input"})
_OPTIONS = re.compile(r"\s*\n\s*Options:[ \t]*\n(?P<lines>.+)\Z", re.DOTALL | re.IGNORECASE)
_OPTION = re.compile(r"\s*(?:- (?P<plain>.+)|(?P<lettered>\([A-Za-z]\)\s*.+))")
_LONGEST_LIST = 300
"""Characters of the list of a row's columns in a message."""
_log = logging.getLogger(__name__)
_ROWS_A_NOTE = 200_000
"""Rows after each of which a long reading says how far it is."""
GSM8K = re.compile(r"####[ \t]*(?P<target>[^\n#]*\d[^\n#]*?)\s*\Z")
"""The end of a worked solution as GSM8K writes it."""


def items_of(
    records: Iterable[Record],
    columns: Mapping[str, str] | None = None,
    *,
    targets: bool = True,
    repeats: bool = False,
    whole: bool = False,
    name: str = "the source",
) -> StoredItems:
    """The items of rows, in order; ids that are missing are hashes of the content.

    Parameters:
        columns: where our names (`COLUMNS`) stand in a row, as `masdesign.tasks.columns` reads them;
            ``rows``: the path of rows that stand within rows.
        targets: whether each row must have a target.
        repeats: let a question come back with other right answers.
        whole: a list under ``target`` is one right answer (a grid, say), and not several.
        name: of the source, for messages.

    Raises:
        InputError: a row that is no item, an id for the second time, or one question with different targets.
    """
    names = _check_columns(columns or {})
    rows = unfold(records, names["rows"]) if "rows" in names else records
    by_number = any(path.isdigit() for path in names.values())
    store, contents, ids, given = ItemStore(), bytearray(), bytearray(), bytearray()
    for record in rows:
        if isinstance(record.fields, Header) and not by_number:
            _check_header(record, names)
            continue
        if not ids and _is_answer_target(record.fields):
            names.setdefault("target", "answer")
        item = _item(record, names, targets, whole)
        store.append(item, record.where)
        contents += content_key(item)
        ids += digest(item.id)
        given.append(_read_id(record, names) is not None)
        if len(given) % _ROWS_A_NOTE == 0:
            _log.warning("%s: %s rows read", record.where.partition(",")[0], f"{len(given):,}")
    if not ids:
        raise InputError(f"{name} has no row; give items with question and target")
    return _identified(store, as_keys(contents), as_keys(ids), np.array(given, bool), repeats)


def _identified(
    store: ItemStore,
    contents: Keys,
    ids: Keys,
    given: npt.NDArray[np.bool_],
    repeats: bool,
) -> StoredItems:
    """The items, each with an id that no other content has.

    Raises where a given id is another's, or a question has other targets elsewhere.
    """
    items = StoredItems(store)
    faults = [_find_second_id(store, ids, given)]
    if not repeats:
        faults.append(_find_contradiction(store, contents))
    if raised := [fault for fault in faults if fault is not None]:
        raise min(raised, key=lambda fault: fault[0])[1]
    own = np.flatnonzero(~given)
    first = own[first_alike(ids[own])]
    other = own[contents[own] != contents[first]]
    return items.with_ids({int(place): contents[place].ljust(16, b"\0").hex()[:12] for place in other})


_Fault = tuple[int, InputError]
"""The place of a row that is wrong, and what is."""


def _find_second_id(store: ItemStore, ids: Keys, given: npt.NDArray[np.bool_]) -> _Fault | None:
    own = np.flatnonzero(given)
    for before, after in repeated_keys(ids[own]):
        (first, place), (item, where) = store.read(int(own[before])), store.read(int(own[after]))
        if first.id == item.id:
            return int(own[after]), Record(where, {}).wrong(
                f"the id {item.id!r} is already that of {place}",
                "give each item an id of its own, or none",
            )
    return None


def _find_contradiction(store: ItemStore, contents: Keys) -> _Fault | None:
    for before, after in repeated_keys(contents):
        (first, place), (item, where) = store.read(before), store.read(after)
        if set(first.targets) != set(item.targets):
            return after, Record(where, {}).wrong(
                f"a contradiction: the question of {place} has the target {first.target!r} "
                f"there and {item.target!r} here",
                "correct one, list all right answers in both, or keep all",
            )
    return None


def _check_header(record: Record, names: Mapping[str, str]) -> None:
    """Raise where a column that is read by its name stands twice."""
    for name, count in Counter(cell.strip() for cell in record.fields.values()).items():
        if count > 1 and name and (name in _READ or any(name in path for path in names.values())):
            raise record.wrong(
                f'the column "{name}" stands {count} times',
                "give each a name of its own, or name columns by number",
            )


def _is_answer_target(fields: Mapping[str, Any]) -> bool:
    """Whether ``answer`` is the target as it stands, rather than a worked solution or an option's place."""
    answer = fields.get("answer")
    if any(name in fields for name in ("target", "targets", "options")):
        return False
    if isinstance(answer, str):
        return GSM8K.search(answer) is None
    return isinstance(answer, (int, float, list)) and "choices" not in fields


def _check_columns(columns: Mapping[str, str]) -> dict[str, str]:
    unknown = sorted(set(columns) - set(COLUMNS))
    if unknown:
        raise InputError(f"unknown column name {unknown[0]!r}; the names are {', '.join(COLUMNS)}")
    return dict(columns)


def _item(record: Record, names: Mapping[str, str], needs_target: bool, whole: bool) -> Item:
    question, options = split_options(_text(record, "question", names))
    right, solution = _targets(record, names, needs_target, whole)
    choices = _texts(record, "choices", names) or options
    context = _texts(record, "context", names)
    solution = _text(record, "solution", names) if "solution" in names else solution
    given = _read_id(record, names)
    name = utf8(str(given)) if given is not None else content_id(question, context, choices)
    return Item(name, question, right, context, choices, record.fields, solution)


def _read_id(record: Record, names: Mapping[str, str]) -> str | int | None:
    given = _value(record, "id", names)
    if given is not None and not isinstance(given, (str, int)):
        raise record.wrong(f'"{names.get("id", "id")}" is {_kind(given)}', "make it text")
    return given or None if given == "" else given


def content_id(question: str, context: Iterable[str] = (), choices: Iterable[str] = ()) -> str:
    """12 hex digits that name what is asked: equal for questions that differ in spelling only.

    >>> content_id("What is 2+2?") == content_id(" what is  2+2? ")
    True
    """
    return text_hash(
        "\x1f".join((question, "\x1e".join(map(fold, context)), "\x1e".join(map(fold, choices))))
    )[:12]


def content_key(item: Item) -> bytes:
    """16 bytes over what is asked, part by part: unlike an id it tells ``["x y"]`` from ``["x", "y"]``.

    >>> two, one = (Item("a", "?", "x", choices=choices) for choices in (("x", "y"), ("x y",)))
    >>> content_key(two) == content_key(one)
    False
    """
    lists = [f"[{', '.join(map(_quoted, part))}]" for part in (item.context, item.choices)]
    return digest(f"[{', '.join((_quoted(item.question), *lists))}]")


def _quoted(text: str) -> str:
    return encode_basestring_ascii(fold(text))


def _value(record: Record, ours: str, names: Mapping[str, str]) -> Any:
    """A value under one of our names; ``None`` where nobody said that there is one. Raises for a typo."""
    if ours not in names:
        return record.fields.get(ours)
    try:
        return value_at(names[ours], record.fields)
    except Missing as missing:
        raise _no_column(record, str(missing), ours) from None


def _no_column(record: Record, missing: str, ours: str) -> InputError:
    fields = ", ".join(map(str, record.fields)) or "none"
    fields = fields if len(fields) <= _LONGEST_LIST else f"{fields[:_LONGEST_LIST]}…"
    by_number = ", by number (1, 2, …) where the first line is a row" if is_table_row(record.fields) else ""
    return record.wrong(f'no "{missing}" (found: {fields})', f"name the right column for {ours}{by_number}")


def _targets(
    record: Record, names: Mapping[str, str], needed: bool, whole: bool
) -> tuple[tuple[str, ...], str]:
    """The right answers and, of GSM8K, the worked solution before it."""
    if "target" in names or any(name in record.fields for name in ("target", "targets")):
        ours = "target" if "target" in names or "target" in record.fields else "targets"
        absent = names.get(ours) == "answer" and "answer" not in record.fields and not needed
        value = None if absent else _value(record, ours, names)
        if isinstance(value, (list, tuple)) and value and not (whole and ours == "target"):
            return tuple(_one_target(record, ours, each) for each in value), ""
        if value is None and not needed:
            return (), ""
        return (_one_target(record, names.get("target", ours), value),), ""
    answer = record.fields.get("answer")
    if isinstance(answer, str) and (end := GSM8K.search(answer)):
        return (utf8(end["target"].replace(",", "")),), utf8(answer[: end.start()].strip())
    if not needed:
        return (), ""
    if isinstance(answer, str) and "options" not in record.fields:
        raise record.wrong(
            '"answer" does not end in "#### NUMBER", as in the rows before (GSM8K\'s layout)',
            "if the whole of it is the target, name answer as the column for target",
        )
    raise _no_column(record, "target", "target")


def _one_target(record: Record, name: str, value: Any) -> str:
    if isinstance(value, (list, tuple, dict)) and value:
        return json.dumps(value, ensure_ascii=False)
    return _as_text(record, name, value)


def _text(record: Record, ours: str, names: Mapping[str, str]) -> str:
    value = _value(record, ours, names)
    if value is None and ours == "question" and ours not in names:
        value = record.fields.get("input")
    if value is None and ours not in names and ours not in record.fields:
        raise _no_column(record, ours, ours)
    return _as_text(record, names.get(ours, ours), value)


def _as_text(record: Record, name: str, value: Any) -> str:
    if isinstance(value, (bool, int, float)):
        return str(value)
    if isinstance(value, str) and value.strip():
        return utf8(value.strip())
    raise record.wrong(f'"{name}" is {_kind(value)}', "it must be a text that is not empty")


def _texts(record: Record, ours: str, names: Mapping[str, str]) -> tuple[str, ...]:
    value = _value(record, ours, names)
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        listed = _json_list(value)
        if listed is None and ours == "choices":
            raise record.wrong(
                f'"{names.get(ours, ours)}" is one text ({value[:40]!r})',
                "give the options as a JSON list, or name their columns, as in [A; B; C]",
            )
        value = [value] if listed is None else listed
    if (
        ours == "choices"
        and isinstance(value, dict)
        and all(isinstance(v, str) and len(k) == 1 for k, v in value.items())
    ):
        value = [f"({letter}) {text}" for letter, text in value.items()]
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, (str, int, float)) for v in value):
        raise record.wrong(f'"{names.get(ours, ours)}" is {_kind(value)}', "it must be a list of texts")
    return tuple(utf8(str(v).strip()) for v in value)


def _json_list(text: str) -> list[Any] | None:
    """A list that stands in a table's cell as JSON."""
    if not text.startswith("["):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


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
    lines_read = [_OPTION.fullmatch(line) for line in tail["lines"].splitlines() if line.strip()]
    options = tuple((o["plain"] or o["lettered"]).strip() for o in lines_read if o)
    if len(options) != len(lines_read) or not options:
        return question, ()
    return question[: tail.start()], options
