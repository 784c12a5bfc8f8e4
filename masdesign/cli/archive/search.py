"""masdesign archive search: designs with every word in name, thought, origin or code."""

from __future__ import annotations

import click

from masdesign.cli import _options as opt
from masdesign.cli.archive._rows import print_rows
from masdesign.cli.archive._shared import open_archive


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="TEXT…")
@opt.archive_option
@opt.json_option
def command(words: tuple[str, ...], archive: str, as_json: bool) -> None:
    """Designs with every word in their name, thought, origin or code."""
    from masdesign.archive.rows import rows

    with open_archive(archive) as store:
        listed = rows(store, store.search(" ".join(words)))
    opt.emit(listed) if as_json else print_rows(listed, sought=True)
