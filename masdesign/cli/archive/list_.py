"""masdesign archive list: every design with its scores."""

from __future__ import annotations

import click

from masdesign.cli import _options as opt
from masdesign.cli.archive._rows import print_rows
from masdesign.cli.archive._shared import filters, open_archive


@click.command()
@filters
@opt.archive_option
@opt.json_option
def command(task: str | None, model: str | None, archive: str, as_json: bool) -> None:
    """Every design with its scores, newest first."""
    from masdesign.archive.rows import rows

    with open_archive(archive) as store:
        listed = rows(store, store.all_stored()[::-1], task=task, model=model)
    opt.emit(listed) if as_json else print_rows(listed, sought=bool(task or model))
