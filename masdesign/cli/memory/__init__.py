"""masdesign memory: what was learnt from items: list, show, forget, export, learn, measure."""

import click

from masdesign.cli._group import CommandFolder
from masdesign.cli.memory import _keeping, _streams


@click.group(cls=CommandFolder, package=__name__)
def command() -> None:
    """What was learnt from items."""


for member in (*_keeping.COMMANDS, *_streams.COMMANDS):
    command.add_command(member)
