"""masdesign archive import: a JSONL export, or what another system found."""

from __future__ import annotations

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say
from masdesign.cli.archive._shared import open_archive


@click.command()
@click.argument("file")
@opt.archive_option
@opt.json_option
def command(file: str, archive: str, as_json: bool) -> None:
    """Take in a JSONL export, or what another system found. Its scores never make a design best.

    \b
    ADAS      .json, a list of agents with thought, name, code, fitness, generation
    MAS-Zero  the same, or one of its blocks (.py), or their folder
    AFlow     a round's folder (graph.py and prompt.py), or the folder of all rounds
    EvoAgentX .json, a workflow graph
    """
    with open_archive(archive) as store:
        imported = store.import_(file)
    if as_json:
        opt.emit(imported.to_json())
        return
    say(f"{imported.added} added, {imported.known} known, {len(imported.skipped)} skipped")
    for skipped in imported.skipped[:20]:
        say(f"skipped {skipped['name']}: {skipped['reason']}", err=True)
    if len(imported.skipped) > 20:
        say(f"and {len(imported.skipped) - 20} more; --json lists them", err=True)
