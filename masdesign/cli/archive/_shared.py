"""What commands of `masdesign archive` share: options, rows, and which design, task and model are meant."""

from typing import Any

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._say import opened_again, say
from masdesign.cli._tables import new_table, print_table

RELATIVES = ("ancestors", "descendants")
WIDTH = 160
"""Columns of a table that goes into a file or a pipe."""
filters = opt.together(
    opt.option("--task=TASK", "Only this task (a name, or a file's path)."),
    opt.option("--model=NAME", "Only this model, with or without its revision."),
)


def meant(store: md.Archive, ref: str, task: str | None = None, model: str | None = None) -> str:
    """The id of the design that is `best`, or that a promoted block is; else what was given."""
    from masdesign.session.resolve import resolve_design

    block = store.promoted().get(ref)
    if ref == "best" or block is not None:
        return block.version if block else resolve_design(ref, archive=store, task=task, model=model).id
    return ref


def names_of(store: md.Archive, ids: list[str]) -> dict[str, str]:
    """The names of those designs that are in the archive, by id."""
    return {stored.design.id: stored.design.name for stored in store.all_stored(ids)}


def named(design_id: str, names: dict[str, str]) -> str:
    """A design by its id and name."""
    return f"{design_id}  {names.get(design_id, '(not in this archive)')}"


def print_rows(rows: list[dict[str, Any]], *, sought: bool = False) -> None:
    """The rows as a table; ``sought``: whether others may be there, that do not fit."""
    if not rows:
        none = "nothing fits; masdesign archive list shows what there is"
        say(none if sought else "nothing here yet; masdesign search TASK fills the archive", err=True)
        return
    shrunk = "val_shrunk" in rows[0]
    heads = ["id", "name", "origin", "task", "model", "val", "shrunk", "test", "blank", "tokens"]
    heads = [head for head in heads if shrunk or head != "shrunk"]
    table = new_table(*heads, words=len(heads), box=None, pad_edge=False, header_style="bold")
    table.columns[0].no_wrap, table.columns[0].min_width = True, max(len(row["id"]) for row in rows)
    for row in rows:
        whole = row["complete"] or row["val"] is None
        note = " (imported)" if row["foreign"] else "" if whole else " (partial)"
        table.add_row(
            *(row["id"], row["name"], row["origin"], row["task"] or "-", row["model"] or "-"),
            shown_score(row["val"]) + note,
            *([f"{row['val_shrunk']:.3f}"] if shrunk else []),
            shown_score(row["test"]) + opened_again(row["test_openings"] or 0),
            shown_control(row),
            "-" if row["tokens_per_item"] is None else f"{row['tokens_per_item']:.0f}",
        )
    print_table(table, width=WIDTH)


def shown_control(row: dict[str, Any]) -> str:
    """The blank-model control, the score with every completion blank; a dash where it was not taken."""
    return "–" if row["blank_control"] is None else f"{row['blank_control']:.3f}"


def shown_score(score: dict[str, Any] | None) -> str:
    """A score with its interval and items."""
    if score is None:
        return "-"
    return f"{score['score']:.3f} ({score['low']:.2f}-{score['high']:.2f}, {score['items']})"
