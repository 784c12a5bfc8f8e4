"""masdesign archive frontier: designs that no other beats in both score and tokens."""

from __future__ import annotations

import click

from masdesign.cli._options import archive_option, emit, json_option
from masdesign.cli.archive._rows import print_rows
from masdesign.cli.archive._shared import filters, open_archive, task_of


@click.command()
@filters
@archive_option
@json_option
def command(task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """Designs that no other beats in both score and tokens, cheapest first."""
    from masdesign.archive.rows import ranked_rows

    with open_archive(archive) as store:
        task, model = task_of(store, task, model)
        found = ranked_rows(store, store.frontier(task, model), task, model)
    emit(found) if as_json else print_rows(found, sought=True)
