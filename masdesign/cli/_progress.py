"""A progress bar on standard error, for people only: nothing is shown where no one looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from masdesign.types import Result


@contextmanager
def items_progress(label: str, total: int) -> Iterator[Callable[[Result], None]]:
    """A bar over items with the mean score so far; gives the function that is called with each result."""
    scores: list[float] = []
    with _bar(label, total, 0) as move:

        def advance(result: Result) -> None:
            if result.score is not None:
                scores.append(result.score)
            move(f"score {sum(scores) / len(scores):.3f}" if scores else "")

        yield advance


@contextmanager
def count_progress(label: str, total: int, done: int = 0) -> Iterator[Callable[[], None]]:
    """A bar over ``total`` questions, of which ``done`` are; gives the function to call after each."""
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
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(label, total=total, completed=done, told="")
        yield lambda message: progress.update(bar, advance=1, told=message)
