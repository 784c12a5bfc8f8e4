"""masdesign memory list: every memory with its versions."""

from __future__ import annotations

from itertools import groupby

import click

from masdesign.cli._options import archive_option, emit, json_option
from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table


@click.command()
@archive_option
@json_option
def command(archive: str, as_json: bool) -> None:
    """Every memory: its latest version, entries, task."""
    from masdesign.archive import Archive

    with Archive(archive) as store:
        groups = [list(rows) for _, rows in groupby(store.memories(), key=lambda record: record.name)]
        listed = [
            {
                "name": rows[-1].name,
                "version": rows[-1].version,
                "entries": len(store.memory(rows[-1].name)),
                "task": rows[-1].task,
                "foreign": rows[-1].foreign,
                "created": rows[-1].created,
            }
            for rows in groups
        ]
    if as_json:
        emit(listed)
        return
    if not listed:
        say("no memory yet; masdesign memory learn DESIGN TASK makes one")
        return
    table = new_table("memory", "version", "entries", "task")
    for row in listed:
        table.add_row(str(row["name"]), str(row["version"]), str(row["entries"]), str(row["task"]))
    print_table(table)
