"""masdesign archive frontier: designs that no other beats in both score and tokens."""

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
    """Designs that no other beats in both score and tokens, cheapest first."""
    from masdesign.archive.rows import ranked_rows
    from masdesign.session.resolve import meaning_of_best

    with open_archive(archive) as store:
        if task is None:
            task, model, _ = meaning_of_best(store, task, model)
        listed = ranked_rows(store, store.frontier(task, model), task, model)
    opt.emit(listed) if as_json else print_rows(listed, sought=True)
