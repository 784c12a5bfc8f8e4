"""Text files opened: gzip, byte order marks, UTF-8, and one line for what cannot be read."""

import codecs
import gzip
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

from masdesign.errors import InputError

MOST_BYTES = 2**30
"""Of a line, and of a document that is read whole, unpacked."""
CURE = "save it as UTF-8 .jsonl, one object a line with question and target"


def open_bytes(source: str) -> IO[bytes]:
    """The file's bytes, unpacked where it is gzip. Raises `InputError` where it cannot be opened."""
    path = Path(source)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; check the path") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    if file.read(2) == b"\x1f\x8b":
        file.close()
        return gzip.open(path, "rb")  # type: ignore[return-value]
    file.seek(0)
    return file


def text_lines(source: str) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers, split at line feeds alone, one held at a time."""
    with open_bytes(source) as file:
        try:
            for number, data in enumerate(iter(lambda: file.readline(MOST_BYTES + 1), b""), start=1):
                if len(data) > MOST_BYTES:
                    raise _too_long(f"{source}, line {number}")
                raw = data.removeprefix(codecs.BOM_UTF8) if number == 1 else data
                try:
                    yield number, raw.decode("utf-8")
                except UnicodeDecodeError as error:
                    raise InputError(
                        f"{source}, line {number}: not UTF-8 (byte 0x{raw[error.start]:02x}); {CURE}"
                    ) from None
        except (OSError, EOFError) as error:
            raise InputError(f"{source} cannot be read ({error}); is the file whole?") from None


def whole_text(source: str) -> str:
    """The whole text of a file. Raises `InputError` where that is more than `MOST_BYTES`."""
    lines, characters = [], 0
    for _, line in text_lines(source):
        lines.append(line)
        characters += len(line)
        if characters > MOST_BYTES:
            raise _too_long(source)
    return "".join(lines)


def _too_long(where: str) -> InputError:
    return InputError(f"{where}: longer than {MOST_BYTES} bytes; {CURE}")


def first_character(source: str) -> str:
    """The first character that is no white space; empty where there is none."""
    return next((text[0] for _, line in text_lines(source) if (text := line.strip())), "")


def parse_json(where: str, text: str) -> Any:
    """A JSON value.

    Raises:
        InputError: broken JSON, a number that is not finite, or a name that stands twice in an object.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, " if error.lineno > 1 else ""
        raise InputError(
            f"{where}: broken JSON ({error.msg}, {place}column {error.colno}); mend or drop it"
        ) from None
    except (RecursionError, ValueError) as error:
        raise InputError(f"{where}: broken JSON ({str(error)[:80]}); mend or drop it") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text} is too large")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = {sys.intern(name): value for name, value in pairs}  # rows share their columns' names
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'"{twice}" stands twice in one object')
    return fields


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_object)
