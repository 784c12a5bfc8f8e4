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
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda result: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[score]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(label, total=total, score="")
        scores: list[float] = []

        def advance(result: Result) -> None:
            if result.score is not None:
                scores.append(result.score)
            mean = f"score {sum(scores) / len(scores):.3f}" if scores else ""
            progress.update(bar, advance=1, score=mean)

        yield advance
