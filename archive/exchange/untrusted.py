"""Lines of a file from elsewhere, checked before anything is made of them."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from masdesign.archive.tables.schema import clean
from masdesign.errors import InputError
from masdesign.files import require_file

MAX_LINE = 16 * 2**20
"""Bytes of one line."""
MAX_LINES = 1_000_000
MAX_DEPTH = 16
"""Nesting of lists and objects; what export writes needs 4, but for a run's own settings."""
MAX_INTEGER = 2**53
MAX_COUNT = 2**31 - 1
"""What a column of integers holds on every database."""
MAX_AMOUNT = 1e15
"""Of what is summed up: the sum has to be finite."""
MAX_NAME = 800
"""Bytes of a text that is part of an index: PostgreSQL's hold about 2700 in all."""

LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
"""Seconds since 1970 of the latest time that can be shown as a date."""

T = TypeVar("T")
N = TypeVar("N", int, float)


class Skip(Exception):
    """Why a line is not taken in. Never leaves the archive package."""


def lines_of(path: Path) -> Iterator[tuple[int, bytes | Skip]]:
    """The lines that are not empty with their numbers, from 1; of one that is too long, only that it is.

    Raises InputError where the file cannot be read or has more than `MAX_LINES` lines.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a .jsonl file that masdesign archive export wrote")
    require_file(path)
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if number > MAX_LINES:
                    raise InputError(f"{path} has more than {MAX_LINES} lines; split it")
                if len(line) > MAX_LINE:
                    while line and not line.endswith(b"\n"):
                        line = file.readline(MAX_LINE)
                    yield number, Skip(f"longer than {MAX_LINE} bytes")
                elif line.strip():
                    yield number, line
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error


def parse_line(line: bytes) -> dict[str, Any]:
    """A line as an object with plain, finite, storable values; raises Skip."""
    value = parse_value(line)
    if not isinstance(value, dict):
        raise Skip("not a JSON object")
    return value


def parse_value(data: bytes) -> Any:
    """A JSON text as plain, finite, storable values; raises Skip."""
    return _plain(_load_json(data))


def parse_entries(data: bytes) -> Any:
    """As `parse_value`; of a list, each entry that cannot be taken is the `Skip` that says why."""
    value = _load_json(data)
    if not isinstance(value, list):
        return _plain(value)
    return [_entry(inner) for inner in value]


def _entry(value: Any) -> Any:
    try:
        return _plain(value, 1)
    except Skip as reason:
        return reason


@dataclass(frozen=True, slots=True)
class _Bad:
    """Stands where a value cannot be taken, so that what is beside it still can."""

    reason: str


def _load_json(data: bytes) -> Any:
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_int=lambda digits: int(digits) if len(digits) < 20 else _Bad("an integer is too large"),
            parse_constant=lambda name: _Bad(f"{name} is not JSON"),
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        raise Skip("not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise Skip(f"broken JSON ({str(error)[:80]})") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Bad:
    """Readers differ in which of two equal keys they take: what one shows another does not run."""
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            return _Bad(f'"{clean(key[:40])}" is given twice')
        members[key] = value
    return members


def _plain(value: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise Skip(f"nests deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, _Bad):
        raise Skip(value.reason)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise Skip("an integer is too large")
    if isinstance(value, float) and not math.isfinite(value):
        raise Skip("a number is not finite")
    if isinstance(value, list):
        return [_plain(inner, depth + 1) for inner in value]
    if isinstance(value, dict):
        return {clean(key): _plain(inner, depth + 1) for key, inner in value.items()}
    return value


def get(data: Any, name: str, kind: type[T]) -> T:
    """A member of an object, of exactly that kind (an int does for a float); raises Skip."""
    value = data.get(name) if isinstance(data, dict) else None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Skip(f'"{name}" is missing or no {kind.__name__}')
    return value


def optional(data: Any, name: str, kind: type[T]) -> T | None:
    """As `get`, but ``None`` where the member is missing or null."""
    return None if not isinstance(data, dict) or data.get(name) is None else get(data, name, kind)


def texts(data: Any, name: str) -> tuple[str, ...]:
    """A member that is a list of texts; raises Skip."""
    values = get(data, name, list)
    if not all(isinstance(inner, str) for inner in values):
        raise Skip(f'"{name}" is not a list of texts')
    return tuple(values)


def name_of(data: Any, name: str) -> str:
    """A member that is a text which names something; raises Skip."""
    value = get(data, name, str)
    if len(value.encode()) > MAX_NAME:
        raise Skip(f'"{name}" is longer than {MAX_NAME} bytes')
    return value


def names_of(data: Any, *names: str) -> dict[str, Any]:
    """Members that are texts which name something, by their names; raises Skip."""
    return {name: name_of(data, name) for name in names}


def whole_number(data: Any, name: str, most: int = MAX_COUNT) -> int:
    """A member that is an integer from 0 to ``most``; raises Skip."""
    return _up_to(most, get(data, name, int), name)


def amount(data: Any, name: str) -> float:
    """A member that is a number from 0 to `MAX_AMOUNT`; raises Skip."""
    return _up_to(MAX_AMOUNT, get(data, name, float), name)


def _up_to(most: float, value: N, name: str) -> N:
    if not 0 <= value <= most:
        raise Skip(f'"{name}" is {"below 0" if value < 0 else "too large"}')
    return value


def moment(data: Any, name: str) -> float | None:
    """A member that is a time in seconds since 1970, ``None`` where it is missing; raises Skip."""
    value = optional(data, name, float)
    if value is not None and not 0 <= value <= LATEST:
        raise Skip(f'"{name}" is no time')
    return value
