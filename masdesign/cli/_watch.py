"""Progress of a long job on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

import click

from masdesign.cli._say import printable, say
from masdesign.stopping import at_once

if TYPE_CHECKING:
    from rich.live import Live

    from masdesign.archive.events import Note, Started
    from masdesign.types import Result


PLAIN_SECONDS = 15.0
"""Seconds between lines of progress where there is no terminal; each new phase has a line, too."""


class Stage(Protocol):
    """Where a job stands; every kind of job has its own."""

    @property
    def phase(self) -> str:
        """What is being done."""


S = TypeVar("S", bound=Stage)


class Watcher(Generic[S]):
    """Shows where a job stands; says how to go on with it, at the start and where it was interrupted.

    Args:
        resume: From the name of a run, the command that goes on with it.
        line: Where the job stands, on one line.
    """

    def __init__(self, resume: Callable[[str], str], line: Callable[[S], str]) -> None:
        self._resume, self._line = resume, line
        self._command = ""
        self._live: Live | None = None
        self._shown = ("", 0.0)

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True, highlight=False), transient=True)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self._live is not None:
            self._live.stop()
        if self._command and kind is not None and issubclass(kind, KeyboardInterrupt):
            say(f"what was finished is kept; go on with: {self._command}", err=True)

    def on_event(self, event: Started | Note | S) -> None:
        """Show one event."""
        from masdesign.archive.events import Note, Started

        if isinstance(event, Started):
            self._command = self._resume(event.run)
            what = "going on with run" if event.resumed else "run"
            self.say(f"{what} {event.run}; if it is interrupted, go on with: {self._command}")
        elif isinstance(event, Note):
            self.say(f"note: {event.text}")
        else:
            self.stands(event.phase, self._line(event))

    def stands(self, phase: str, line: str) -> None:
        """Show where the job stands: at a terminal always, else at a new phase and now and then."""
        if self._live is not None:
            self._live.update(printable(line))
            return
        last, since = self._shown
        if phase != last or monotonic() - since >= PLAIN_SECONDS:
            self._shown = (phase, monotonic())
            self.say(line)

    def confirm(self, yes: bool) -> Callable[[str], None]:
        """Asks at a terminal; where there is none, or with ``--yes``, nobody is asked. No ends the run."""

        def ask(question: str) -> None:
            if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
                return
            if self._live is not None:
                self._live.stop()
            with at_once():
                click.confirm(question, abort=True, err=True)
            if self._live is not None:
                self._live.start()

        return ask

    def say(self, text: str) -> None:
        """A line that stays."""
        if self._live is not None:
            self._live.console.print(printable(text), markup=False, soft_wrap=True)
        else:
            say(text, err=True)


@contextmanager
def items_progress(label: str, total: int) -> Iterator[Callable[[Result], None]]:
    """A progress bar of items with the mean score; yields the function to call with each result."""
    scores: list[float] = []
    with _bar(label, total, 0) as move:

        def advance(result: Result) -> None:
            if result.score is not None:
                scores.append(result.score)
            move(f"score {sum(scores) / len(scores):.3f}" if scores else "")

        yield advance


@contextmanager
def count_progress(label: str, total: int, done: int = 0) -> Iterator[Callable[[], None]]:
    """A bar of ``total`` questions that begins at ``done``; yields the function to call after each."""
    if total < 2:
        yield lambda: None
        return
    with _bar(label, total, done) as move:
        yield lambda: move("")


@contextmanager
def _bar(label: str, total: int, done: int) -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda message: None
        return
    name, message = TextColumn("{task.description}"), TextColumn("{task.fields[message]}")
    columns = (name, BarColumn(), MofNCompleteColumn(), message, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(label, total=total, completed=done, message="")
        yield lambda text: progress.update(bar, advance=1, message=text)
