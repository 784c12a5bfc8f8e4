"""What a GGUF file says of itself, read without loading it.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from masdesign.errors import InputError

_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_STRING, _ARRAY = 8, 9
_ENDS = 1 << 20
"""Bytes at both ends of a file that its revision covers, beside its size: gigabytes are not read."""


def context_length(path: Path) -> int:
    """Tokens of the context window that the model was trained with.

    Raises:
        InputError: the file cannot be read, or is no GGUF file; one line.
    """
    try:
        with path.open("rb") as file:
            entries = _entries(file)
    except OSError as error:
        raise InputError(f"model file {path} cannot be read ({error.strerror}); check the path") from None
    except (struct.error, ValueError, KeyError, UnicodeDecodeError, MemoryError):
        raise InputError(f"model file {path} is no GGUF file; give one as llama.cpp reads it") from None
    length = entries.get(f"{entries.get('general.architecture')}.context_length")
    if not isinstance(length, int) or length < 1:
        raise InputError(f"model file {path} does not say its context length; give another file")
    return length


def revision(path: Path) -> str:
    """Eight hex digits that change with the file (its size, its first and its last mebibyte)."""
    size = path.stat().st_size
    digest = sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(_ENDS))
        file.seek(max(0, size - _ENDS))
        digest.update(file.read(_ENDS))
    return digest.hexdigest()[:8]


def _entries(file: BinaryIO) -> dict[str, Any]:
    """The metadata up to the tokenizer's, which is long and comes last."""
    if file.read(4) != b"GGUF":
        raise ValueError("no GGUF file")
    _read(file, "<I")  # version
    _read(file, "<Q")  # tensors
    entries: dict[str, Any] = {}
    for _ in range(_read(file, "<Q")):
        name = _text(file)
        if name.startswith("tokenizer."):
            break
        entries[name] = _value(file, _read(file, "<I"))
    return entries


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _text(file)
    if kind == _ARRAY:
        of, count = _read(file, "<I"), _read(file, "<Q")
        return [_value(file, of) for _ in range(count)]
    return _read(file, _SCALARS[kind])


def _text(file: BinaryIO) -> str:
    length = _read(file, "<Q")
    if length > _ENDS:
        raise ValueError(f"a text of {length} bytes")
    return file.read(length).decode("utf-8")


def _read(file: BinaryIO, layout: str) -> Any:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))[0]
