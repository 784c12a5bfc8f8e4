"""Tables on standard output: words to the left, figures to the right, one width where nobody looks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

PLAIN_WIDTH = 110
"""Columns of characters where standard output is no terminal."""


def new_table(*columns: str, words: int = 1) -> Table:
    """A table whose first ``words`` columns hold words, and all others figures."""
    from rich.table import Table

    table = Table(*columns)
    for column in table.columns[words:]:
        column.justify = "right"
    return table


def print_table(table: Table, *, width: int = PLAIN_WIDTH) -> None:
    """Print a table, as wide as the terminal, else ``width``; its cells are text, never markup."""
    from rich.console import Console

    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else width).print(table)
