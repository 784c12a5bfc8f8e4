"""A task file read into records: one object a line (``.jsonl``) or BIG-Bench Hard's ``.json``."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any, NoReturn

from masdesign.errors import InputError
from masdesign.tasks.formats import Record

_CURE = "save it as UTF-8 .jsonl, one object a line with question and target"


def read_records(path: Path) -> list[Record]:
    """The records of a file, in order; never none.

    A byte order mark, Windows line ends and empty lines do not matter. Raises InputError, in one line,
    for whatever cannot be read.
    """
    text = _read_text(path)
    if not text.strip():
        raise InputError(f"{path} is empty; {_CURE}")
    if path.suffix == ".json":
        return _whole(path, text)
    if path.suffix == ".jsonl":
        return _lines(path, text)
    raise InputError(f"{path}: {path.suffix or 'a file without ending'} is not a task file; {_CURE}")


def _read_text(path: Path) -> str:
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir() if p.suffix in {".json", ".jsonl"})
        cure = f"name one of its files: {', '.join(inside[:5])}" if inside else "name a .jsonl or .json file"
        raise InputError(f"{path} is a folder; {cure}")
    try:
        data = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; check the path") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line}: not UTF-8 (byte 0x{data[error.start]:02x}); {_CURE}"
        ) from None


def _lines(path: Path, text: str) -> list[Record]:
    records = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{path}, line {number}"
            records.append(_record(where, _parse(where, line)))
    return records


def _whole(path: Path, text: str) -> list[Record]:
    data = _parse(str(path), text)
    examples = data.get("examples") if isinstance(data, dict) else data
    if not isinstance(examples, list):
        raise InputError(f'{path}: no list "examples", as BIG-Bench Hard\'s files have; {_CURE}')
    if not examples:
        raise InputError(f"{path} holds no examples; {_CURE}")
    records = [_record(f"{path}, example {n}", e) for n, e in enumerate(examples, start=1)]
    return [_as_ours(record) for record in records]


def _as_ours(record: Record) -> Record:
    if "input" not in record.fields or "question" in record.fields:
        return record
    return Record(record.where, {"question" if k == "input" else k: v for k, v in record.fields.items()})


def _record(where: str, value: Any) -> Record:
    if not isinstance(value, dict):
        raise InputError(f"{where}: not a JSON object; {_CURE}")
    return Record(where, value)


def _parse(where: str, text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, " if error.lineno > 1 else ""
        raise InputError(
            f"{where}: broken JSON ({error.msg}, {place}column {error.colno}); mend or drop it"
        ) from None
    except (RecursionError, ValueError) as error:
        raise InputError(f"{where}: broken JSON ({str(error)[:80]}); mend or drop it") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
