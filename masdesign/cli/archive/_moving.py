"""Commands that take designs in and out: import, export; and make one a block: promote."""

import sys

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._say import emit, say
from masdesign.errors import InputError


@click.command("import", short_help="a JSONL export, or what another system found")
@click.argument("file")
@opt.together(opt.archive_option, opt.json_option)
def import_(file: str, archive: str, as_json: bool) -> None:
    """Take in a JSONL export, or what another system found. Its scores never make a design best.

    \b
    ADAS      .json, a list of agents with thought, name, code, fitness, generation
    MAS-Zero  the same, or one of its blocks (.py), or their folder
    AFlow     a round's folder (graph.py and prompt.py), or the folder of all rounds
    EvoAgentX .json, a workflow graph
    """
    with md.Archive(archive) as store:
        imported = store.import_(file)
    if as_json:
        emit(imported.to_json())
        return
    say(f"{imported.added} added, {imported.known} known, {len(imported.skipped)} skipped")
    for skipped in imported.skipped[:20]:
        say(f"skipped {skipped['name']}: {skipped['reason']}", err=True)
    if len(imported.skipped) > 20:
        say(f"and {len(imported.skipped) - 20} more; --json lists them", err=True)


@click.command("export", short_help="everything, as JSONL")
@click.argument("file", default="-")
@opt.flag("--canonical", "Sorted, without times, hosts and paid figures.")
@opt.together(opt.archive_option, opt.json_option)
def export(file: str, canonical: bool, archive: str, as_json: bool) -> None:
    """Write everything as JSONL to FILE (default: standard output)."""
    if as_json and file == "-":
        raise InputError("archive export --json reports on a file; name one")
    with md.Archive(archive) as store:
        out = sys.stdout.buffer if file == "-" else file
        lines = store.export(out, canonical=canonical)
    if as_json:
        emit({"file": file, "lines": lines})
    elif file != "-":
        say(f"{lines} lines written to {file}", err=True)


@click.command("promote", short_help="a design becomes a block of later searches")
@click.argument("design")
@opt.option("--as=NAME name", "The block's name, as careful_vote.", required=True)
@opt.together(opt.archive_option, opt.json_option)
def promote(design: str, name: str, archive: str, as_json: bool) -> None:
    """Make DESIGN a block, NAME: a step of later searches with this archive.

    The block is the design as it stands, its version the design's id. A design that calls it holds its
    definition, so that it stays the same when the name is given to another; its lineage shows the block.
    """
    promotion = md.run_promote(design, name, archive=archive)
    if as_json:
        shown = {name: getattr(promotion, name) for name in ("name", "version", "calls")}
        emit({**shown, "stub": promotion.block().stub(), "doc": promotion.doc})
        return
    calls = f"{promotion.calls} call{'' if promotion.calls == 1 else 's'}"
    say(f"{promotion.name} is a block now: version {promotion.version}, at most {calls}")
    say(f"{promotion.doc}\n\nasync def workflow(task):\n    return await {promotion.name}(task)")


COMMANDS = (import_, export, promote)
