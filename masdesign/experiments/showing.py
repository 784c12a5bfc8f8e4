"""How the verbs of experiments show their progress: by default not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from masdesign.session.session import Resources
from masdesign.types import Result

OnResult = Callable[[Result], None]
Showing = Callable[[str, int], AbstractContextManager[OnResult]]
"""Shows the progress of a part of the work: its name and how many results; gives what takes each result."""


class ExperimentOptions(Resources, total=False):
    """Further options of the verbs of experiments."""

    showing: Showing
    """Shows progress; by default nothing is shown."""
    on_note: Callable[[str], None]
    """Is told what the models' scores must be read with, a line each."""


@contextmanager
def nothing_shown(name: str, total: int) -> Iterator[OnResult]:
    """Show nothing."""
    yield lambda result: None
