"""Printing: text and JSON at a terminal, never a command to it.

Names, thoughts and answers come from models and from other people's archives. A control character in them
could colour the screen, retitle the window, or overwrite what stands above; a bidirectional override could
show code in another order than it runs in (CVE-2021-42574). Files and pipes get the text as it is.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import click

from masdesign.public import public

if TYPE_CHECKING:
    from masdesign.archive import Archive
    from masdesign.tasks import Task


_KEPT = frozenset("\n\t")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode that show nothing of their own: control, format, half characters, separators."""
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Letters and marks that look like nothing."""


def say(text: Any = "", *, err: bool = False, nl: bool = True) -> None:
    """Print on standard output, or with ``err`` on standard error."""
    stream = sys.stderr if err else sys.stdout
    text = public(str(text)) if err else text  # what a log keeps; standard output is what was asked for
    seen = stream is not None and stream.isatty()
    click.echo(printable(str(text)) if seen else text, err=err, nl=nl)


def note(text: Any) -> None:
    """Print on standard error what a person should know."""
    say(f"note: {text}", err=True)


def emit(document: Any, indent: int | None = 2) -> None:
    """Print a JSON document on standard output; dataclasses become objects. Without ``indent``: one line."""
    say(json.dumps(document, default=_plain, ensure_ascii=False, indent=indent, allow_nan=False))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)


def printable(text: str) -> str:
    """The text with each control, bidirectional or invisible character, but line ends and tabs, written out.

    >>> print(printable("red: \\x1b[31m, back to front: \\u202e"))
    red: \\u001b[31m, back to front: \\u202e
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_write_out(c) if _is_hidden(c) else c for c in text)


def one_line(text: str) -> str:
    """As `printable`, on one line: a name cannot pretend to be several.

    >>> print(one_line("best\\nscore 1.000"))
    best score 1.000
    """
    return " ".join(printable(text).split())


def _is_hidden(character: str) -> bool:
    if character in _KEPT:
        return False
    return unicodedata.category(character) in _HIDDEN or character in _BLANK_LETTERS


def _write_out(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def opened_again(times: int) -> str:
    """Return the note that follows a test score; empty for the first opening.

    >>> opened_again(1), opened_again(3)
    ('', ', opened 3 times')
    """
    return f", opened {times} times" if times > 1 else ""


def times_opened(archive: Archive, task: Task) -> int:
    """How often most of the task's test items were opened in this archive, by whatever run or command."""
    return len(archive.openings_of(task.ids("test"), task.name, task.version))


def say_opened(archive: Archive, *tasks: Task) -> None:
    """Print a note on standard error for each task whose test items were opened more than once."""
    for task in tasks:
        times = times_opened(archive, task)
        if times > 1:
            note(
                f"test items of {task.name} were opened {times} times in this archive; what was chosen "
                "after a look at them is not tested by the next"
            )
