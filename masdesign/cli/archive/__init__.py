"""masdesign archive: what has been discovered: list, show, best, frontier, lineage, search, ablate."""

import click

from masdesign.cli._group import CommandFolder


@click.group(cls=CommandFolder, package=__name__)
def command() -> None:
    """What has been discovered."""
