"""What is told at a terminal: text, never a command to it.

Names, thoughts and answers come from models and from other people's archives. A control character in them
could colour the screen, retitle the window, or overwrite what stands above. Files and pipes get the text
as it is.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import click

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def say(text: Any = "", *, err: bool = False, nl: bool = True) -> None:
    """Print on standard output, or with ``err`` on standard error."""
    stream = sys.stderr if err else sys.stdout
    seen = stream is not None and stream.isatty()
    click.echo(printable(str(text)) if seen else text, err=err, nl=nl)


def printable(text: str) -> str:
    """The text with each control character, but line ends and tabs, as U+FFFD.

    >>> printable("red: \\x1b[31m\\tand\\n")
    'red: \\ufffd[31m\\tand\\n'
    """
    return _CONTROL.sub("\ufffd", text)
