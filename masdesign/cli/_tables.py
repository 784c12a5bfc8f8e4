"""Tables on standard output: words to the left, figures to the right, one width where nobody looks."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from masdesign.cli._say import printable, say
from masdesign.registry import SHIPPED

if TYPE_CHECKING:
    from rich.table import Table

    from masdesign.evaluation import Evaluation

PLAIN_WIDTH = 110
"""Columns of characters where standard output is no terminal."""


def new_table(*columns: str, words: int = 1, **looks: Any) -> Table:
    """A table whose first ``words`` columns hold words, and all others figures; ``looks``: rich's."""
    from rich.table import Table

    class PlainTable(Table):
        def add_row(self, *cells: Any, **style: Any) -> None:
            super().add_row(*(printable(c) if isinstance(c, str) else c for c in cells), **style)

    table = PlainTable(*columns, **looks)
    for column in table.columns[words:]:
        column.justify = "right"
    return table


def score_cells(evaluation: Evaluation) -> tuple[str, str, str]:
    """Score, 95 % interval, and tokens an item of an evaluation, as tables show them."""
    interval = f"{evaluation.low:.3f} to {evaluation.high:.3f}"
    return f"{evaluation.score:.3f}", interval, f"{evaluation.tokens_per_item:.0f}"


def from_where(row: Mapping[str, Any]) -> str:
    """What a list says of a thing that did not come with the package; empty for all others."""
    origin = row["origin"]
    return "" if origin in (SHIPPED, "promoted") else f" [{origin}]"


def print_indented(text: str) -> None:
    """Print a text four blanks to the right; empty lines stay empty."""
    say(textwrap.indent(text, "    ", lambda line: bool(line.strip())))


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """Rows of words on standard output, each column as wide as its widest cell, but for the last."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        padded = (f"{cell:<{width}}" for cell, width in zip(row[:-1], widths, strict=False))
        say("  ".join([*padded, row[-1]]))


def print_table(table: Table, *, width: int = PLAIN_WIDTH) -> None:
    """Print a table, as wide as the terminal, else ``width``; its cells are text, never markup."""
    from rich.console import Console

    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else width).print(table)
