"""Progress of a long job in Python: by default nothing is printed."""

import sys
import time
from collections.abc import Callable
from typing import Any

from masdesign.archive.events import Note, Started

EVERY_SECONDS = 5.0
"""Seconds between lines about where a job stands; each new phase has a line, too."""


def watching(on_event: Callable[[Any], None] | None, *, progress: bool) -> Callable[[Any], None]:
    """What a job is watched by: ``on_event``, and with ``progress`` lines on standard error, too."""
    printer = Printer() if progress else None

    def watch(event: Any) -> None:
        if printer is not None:
            printer(event)
        if on_event is not None:
            on_event(event)

    return watch


class Printer:
    """Prints events as lines: what a person should read at once, where a job stands now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown = ("", 0.0)

    def __call__(self, event: Any) -> None:
        """Print an event, or leave it out."""
        phase, now = str(getattr(event, "phase", "")), self._clock()
        last, since = self._shown
        if not isinstance(event, Started | Note):
            if phase == last and now - since < EVERY_SECONDS:
                return
            self._shown = (phase, now)
        sys.stderr.write(f"{event}\n")
        sys.stderr.flush()
