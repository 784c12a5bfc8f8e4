"""A file that is written whole or not at all; and what is no file to read from."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from masdesign.errors import InputError


@contextmanager
def writing(file: str | Path) -> Iterator[IO[bytes]]:
    """What is written within is the file afterwards; where anything fails, the file is as it was.

    It is written beside its place and then moved there. What a link names is written, and the link stays; so
    does a device or a pipe, which is written to. Raises InputError where it cannot be written.

    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with writing(place) as out:
    ...     _ = out.write(b"whole")
    >>> place.read_text()
    'whole'
    """
    path = Path(file)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            with path.open("wb") as out:
                yield out
            return
        path = path.resolve()
        partial = path.with_name(path.name + ".part")
        try:
            with partial.open("wb") as out:
                yield out
            if path.exists():
                shutil.copymode(path, partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write {file} ({error.strerror}); name a file in a folder that exists"
        ) from error


def require_file(file: str | Path) -> None:
    """Raise InputError for a device or a pipe, which may never end, or be read once only.

    >>> require_file("/dev/zero")
    Traceback (most recent call last):
    masdesign.errors.InputError: /dev/zero is a device; save what it gives as a file, and name that
    """
    try:
        mode = Path(file).stat().st_mode
    except OSError:
        return  # whoever opens it says why it cannot be read
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(f"{file} is {kind}; save what it gives as a file, and name that")
