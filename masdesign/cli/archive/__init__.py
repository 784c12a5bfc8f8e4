"""masdesign archive: what has been discovered: list, show, best, frontier, lineage, search, ablate."""

import click

from masdesign.cli._group import CommandFolder
from masdesign.cli.archive import _listing, _moving, _single


@click.group(cls=CommandFolder, package=__name__)
def command() -> None:
    """What has been discovered."""


for member in (*_listing.COMMANDS, *_moving.COMMANDS, *_single.COMMANDS):
    command.add_command(member)
