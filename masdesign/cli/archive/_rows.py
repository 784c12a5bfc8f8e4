"""Designs as rows of a table."""

from __future__ import annotations

from typing import Any

from masdesign.cli._opened import opened_again
from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table

WIDTH = 160
"""Columns of a table that goes into a file or a pipe."""


def print_rows(rows: list[dict[str, Any]], *, sought: bool = False) -> None:
    """The rows as a table; ``sought``: whether others may be there, that do not fit."""
    if not rows:
        none = "nothing fits; masdesign archive list shows what there is"
        say(none if sought else "nothing here yet; masdesign search TASK fills the archive", err=True)
        return
    shrunk = "val_shrunk" in rows[0]
    heads = (
        "id",
        "name",
        "origin",
        "task",
        "model",
        "val",
        *(("shrunk",) if shrunk else ()),
        "test",
        "tokens",
    )
    table = new_table(*heads, words=len(heads), box=None, pad_edge=False, header_style="bold")
    table.columns[0].no_wrap, table.columns[0].min_width = True, max(len(row["id"]) for row in rows)
    for row in rows:
        note = (
            " (imported)" if row["foreign"] else "" if row["complete"] or row["val"] is None else " (partial)"
        )
        cells = [row["id"], row["name"], row["origin"], row["task"] or "-", row["model"] or "-"]
        cells += [
            shown_score(row["val"]) + note,
            *([f"{row['val_shrunk']:.3f}"] if shrunk else []),
            shown_score(row["test"]) + opened_again(row["test_openings"] or 0),
        ]
        cells.append("-" if row["tokens_per_item"] is None else f"{row['tokens_per_item']:.0f}")
        table.add_row(*cells)
    print_table(table, width=WIDTH)


def shown_score(score: dict[str, Any] | None) -> str:
    return (
        "-"
        if score is None
        else f"{score['score']:.3f} ({score['low']:.2f}-{score['high']:.2f}, {score['items']})"
    )
