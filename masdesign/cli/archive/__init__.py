"""masdesign archive: what has been discovered: list, show, best, frontier, lineage, search, ablate."""

import click

from masdesign.cli._group import Files


@click.group(cls=Files, package=__name__)
def command() -> None:
    """What has been discovered."""
