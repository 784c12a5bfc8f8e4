"""masdesign archive: what has been discovered: list, show, best, frontier, lineage, search, ablate."""

import click

from masdesign.cli._group import CommandFolder

_MEMBERS = {
    "list": ("_listing", "every design with its scores"),
    "best": ("_listing", "the best design of a task and model"),
    "frontier": ("_listing", "designs that no other beats in both score and tokens"),
    "search": ("_listing", "designs with every word in name, thought, origin or code"),
    "stats": ("_listing", "what the archive holds, in numbers"),
    "diff": ("_relations", "how the code of two designs differs"),
    "lineage": ("_relations", "a design's ancestors and descendants"),
    "import": ("_moving", "a JSONL export, or what another system found"),
    "export": ("_moving", "everything, as JSONL"),
    "promote": ("_moving", "a design becomes a block of later searches"),
}


@click.group(cls=CommandFolder, package=__name__, members=_MEMBERS)
def command() -> None:
    """What has been discovered."""
