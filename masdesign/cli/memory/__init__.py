"""masdesign memory: what was learnt from items: list, show, forget, export, learn, measure."""

import click

from masdesign.cli._group import CommandFolder


@click.group(cls=CommandFolder, package=__name__)
def command() -> None:
    """What was learnt from items."""
