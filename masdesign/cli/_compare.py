"""A comparison's progress on standard error, and its two tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table
from masdesign.cli._watch import Watcher
from masdesign.search.events import Note, SearchProgress

if TYPE_CHECKING:
    from rich.table import Table

    from masdesign.search.compare.events import CompareEvent
    from masdesign.search.compare.result import Comparison


class ComparisonWatcher(Watcher[SearchProgress]):
    """Shows which search is under way and where it stands; ``command`` goes on with the comparison."""

    def __init__(self, command: str) -> None:
        super().__init__(lambda run: command, str)
        self._command = command
        self._where = ""
        self._noted: set[str] = set()

    def on_compare_event(self, event: CompareEvent) -> None:
        """Show one event."""
        from masdesign.search.compare.events import Looking, RepeatBegins

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
