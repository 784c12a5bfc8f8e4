"""masdesign archive promote: a design becomes a block of later searches."""

from __future__ import annotations

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say


@click.command()
@click.argument("design")
@opt.option("--as name", "The block's name, as careful_vote.", required=True, metavar="NAME")
@opt.archive_option
@opt.json_option
def command(design: str, name: str, archive: str, as_json: bool) -> None:
    """Make DESIGN a block, NAME: a step of later searches with this archive.

    The block is the design as it stands, its version the design's id. A design that calls it holds its
    definition, so that it stays the same when the name is given to another; its lineage shows the block.
    """
    from masdesign.session.promote import run_promote

    promotion = run_promote(design, name, archive=archive)
    if as_json:
        card = promotion.block()
        opt.emit(
            {
                "name": promotion.name,
                "version": promotion.version,
                "calls": promotion.calls,
                "stub": card.stub(),
                "doc": promotion.doc,
            }
        )
        return
    calls = f"{promotion.calls} call{'' if promotion.calls == 1 else 's'}"
    say(f"{promotion.name} is a block now: version {promotion.version}, at most {calls}")
    say(f"{promotion.doc}\n\nasync def workflow(task):\n    return await {promotion.name}(task)")
