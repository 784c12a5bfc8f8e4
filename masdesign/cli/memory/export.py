"""masdesign memory export: one memory with its versions, as lines that an archive takes in."""

from __future__ import annotations

import click

from masdesign.cli._options import archive_option
from masdesign.cli._say import say


@click.command()
@click.argument("name")
@click.option("--out", metavar="FILE", required=True, help="JSON lines; masdesign archive import reads them.")
@archive_option
def command(name: str, out: str, archive: str) -> None:
    """Write the memory NAME to a file."""
    from masdesign.archive import Archive

    with Archive(archive) as store:
        count = store.export_memory(name, out)
    say(f"{count} version{'s' if count != 1 else ''} written to {out}")
