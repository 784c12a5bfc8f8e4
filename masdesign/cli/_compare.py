"""A comparison's progress on standard error, its two tables, and its picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table
from masdesign.cli._watch import Watcher
from masdesign.errors import InputError
from masdesign.search.events import Note, SearchProgress
from masdesign.spending.budget import UNIT_WORDS

if TYPE_CHECKING:
    from rich.table import Table

    from masdesign.search.compare.result import Comparison
    from masdesign.search.events import CompareEvent


class ComparisonWatcher(Watcher[SearchProgress]):
    """Shows which search is under way and where it stands; ``command`` goes on with the comparison."""

    def __init__(self, command: str) -> None:
        super().__init__(lambda run: command, str)
        self._command = command
        self._where = ""
        self._noted: set[str] = set()

    def on_compare_event(self, event: CompareEvent) -> None:
        """Show one event."""
        from masdesign.search.events import Looking, RepeatBegins

        if isinstance(event, RepeatBegins):
            self._where = f"{event.number} of {event.total}: {event.strategy}, repeat {event.repeat + 1}"
            self.say(f"{self._where} ({'finished before: ' if event.finished else ''}run {event.run})")
        elif isinstance(event, Looking):
            looked = f"test: {event.designs} designs, {event.items} of {event.of_items} items"
            self.stands(looked, looked)
        elif isinstance(event, Note):
            if event.text not in self._noted:  # most are of the task, and every search says them
                self._noted.add(event.text)
                self.say(f"note ({self._where}): {event.text}")
        elif isinstance(event, SearchProgress):
            self.stands("search", f"{self._where}; {event!s}")


def show(comparison: Comparison) -> None:
    """The whole outcome, to be read in a minute."""
    repeats = len(comparison.standings[0].repeats)
    say(
        f"\n{comparison.task} test, {comparison.items} items, {repeats} repeats at {comparison.budget}, "
        f"answered by {comparison.model}"
    )
    print_table(_strategies(comparison))
    say("differences, repeat by repeat on the same items")
    print_table(_pairs(comparison))
    if repeats == 1:
        say("note: one repeat tells of these winners on other items, not of the strategies; give more")
    spend, look = comparison.spend, comparison.look
    say(
        f"spent {spend}, {spend.seconds:.0f} s; {look.calls} calls of it on one look at test, "
        f"by {comparison.designs} designs that were frozen on val"
    )


def _strategies(comparison: Comparison) -> Table:
    table = new_table("strategy", "test", "95 % interval", "val", "tokens an item", "designs tried")
    if comparison.standings[0].reached:
        table.add_column("spent to reach (had it)")
    for standing in sorted(comparison.standings, key=lambda s: -s.test.score):
        repeats = standing.repeats
        test = standing.test
        table.add_row(
            *(standing.strategy, f"{test.score:.3f}", f"{test.low:.3f} to {test.high:.3f}"),
            *(f"{fmean(r.val for r in repeats):.3f}", f"{fmean(r.tokens_per_item for r in repeats):.0f}"),
            f"{fmean(r.candidates for r in repeats):.0f}",
            *([_reached(standing.reached)] if standing.reached else []),
        )
    return table


def _reached(spent: Sequence[float | None]) -> str:
    """The median over the repeats; one that never had the score counts as more than any."""
    middle = sorted(math.inf if one is None else one for one in spent)[(len(spent) - 1) // 2]
    had = sum(one is not None for one in spent)
    return f"{'never' if math.isinf(middle) else f'{middle:.0f}'} ({had} of {len(spent)})"


def _pairs(comparison: Comparison) -> Table:
    table = new_table("first minus second", "test", "95 % interval", "p", "p (Holm)")
    for pair in comparison.pairs:
        by, chances = pair.difference, ("-" if p is None else f"{p:.2g}" for p in (pair.p, pair.p_holm))
        interval = f"{by.low:+.3f} to {by.high:+.3f}"
        table.add_row(f"{pair.first} - {pair.second}", f"{by.score:+.3f}", interval, *chances)
    return table


COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#f0e442")
"""Told apart by the colour-blind too (M. Okabe, K. Ito 2008)."""
STYLES = ("-", "--", ":", "-.")


def draw(comparison: Comparison, path: Path) -> None:
    """Write a picture of test score against spend, in the format that the file's name ends in.

    The same comparison gives the same file. Raises InputError where the file cannot be written.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "masdesign", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7.5, 4.6), layout="constrained")
        _fill(figure.subplots(), comparison)
        undated: dict[str, Any] = {} if path.suffix.lower() == ".png" else {_DATES[path.suffix.lower()]: None}
        try:
            figure.savefig(path, dpi=150, metadata=undated)
        except OSError as error:
            raise InputError(f"cannot write {path} ({error.strerror}); name another file") from error


_DATES = {".svg": "Date", ".pdf": "CreationDate"}


def _fill(axes: Any, comparison: Comparison) -> None:
    for number, standing in enumerate(comparison.standings):
        colour, style = COLOURS[number % len(COLOURS)], STYLES[number % len(STYLES)]
        spent = [point.spent for point in standing.curve]
        low, high = ([getattr(point.test, end) for point in standing.curve] for end in ("low", "high"))
        axes.fill_between(spent, low, high, color=colour, alpha=0.12, linewidth=0, step="post")
        scores = [point.test.score for point in standing.curve]
        axes.step(spent, scores, color=colour, linestyle=style, label=standing.strategy, where="post")
    repeats = len(comparison.standings[0].repeats)
    axes.set_title(
        f"{comparison.task}, answered by {comparison.model}: {repeats} repeats, {comparison.items} test items"
    )
    axes.set_xlabel(f"spent by the search ({UNIT_WORDS[comparison.unit]})")
    axes.set_ylabel("test score of what stood first on val")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
