"""Commands on memories that are there: list, show, forget, export."""

from itertools import groupby

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._say import emit, say
from masdesign.cli._tables import new_table, print_table
from masdesign.errors import InputError


@click.command("list", short_help="every memory with its versions")
@opt.together(opt.archive_option, opt.json_option)
def list_(archive: str, as_json: bool) -> None:
    """Every memory: its latest version, entries, task."""
    with md.Archive(archive) as store:
        latest = [[*rows][-1] for _, rows in groupby(store.memories(), key=lambda record: record.name)]
        listed = [
            {
                "name": row.name,
                "version": row.version,
                "entries": len(store.memory(row.name)),
                "task": row.task,
                "foreign": row.foreign,
                "created": row.created,
            }
            for row in latest
        ]
    if as_json:
        emit(listed)
    elif not listed:
        say("no memory yet; masdesign memory learn DESIGN TASK makes one")
    else:
        columns = ("version", "entries", "task")
        table = new_table("memory", *columns)
        for entry in listed:
            table.add_row(*(str(entry[name]) for name in ("name", *columns)))
        print_table(table)


@click.command("show", short_help="the entries of a memory")
@click.argument("memory")
@opt.together(opt.archive_option, opt.json_option)
def show(memory: str, archive: str, as_json: bool) -> None:
    """The entries of MEMORY (NAME, or NAME@VERSION), the most trusted first."""
    with md.Archive(archive) as store:
        entries = sorted(store.memory(memory), key=lambda entry: -entry.trust)
    if as_json:
        emit([entry.to_json() for entry in entries])
        return
    for entry in entries:
        source = f" (after item {entry.provenance.item})" if entry.provenance.item else ""
        say(f"{entry.id}  {entry.kind}  helped {entry.helped}, hurt {entry.hurt}{source}")
        say(f"  When: {entry.when}\n  Do: {entry.what}" if entry.kind == "lesson" else f"  {entry.when}")
        if entry.kind == "case":
            say(f"  Answer: {entry.what}")
        if entry.kind == "strategy":
            say(f"  {entry.title}: {entry.tokens / max(1, sum(entry.evidence)):.0f} tokens a use")
        if entry.example:
            say(f"  Example: {entry.example}")


@click.command("forget", short_help="a version without some entries")
@click.argument("name")
@click.argument("ids", nargs=-1, required=True)
@opt.archive_option
def forget(name: str, ids: tuple[str, ...], archive: str) -> None:
    """Make a version of the memory NAME without the entries IDS; earlier versions stay as they are."""
    with md.Archive(archive) as store:
        memory = store.memory(name)
        if missing := [entry_id for entry_id in ids if memory.get(entry_id) is None]:
            raise InputError(f"memory {name!r} has no entry {missing[0]!r}; masdesign memory show {name}")
        version = store.save_memory(name.partition("@")[0], memory.without(ids))
    say(f"{name.partition('@')[0]}@{version}: {len(memory) - len(set(ids))} entries")


@click.command("export", short_help="one memory with its versions, as lines that an archive takes in")
@click.argument("name")
@opt.option("--out=FILE", "JSON lines; masdesign archive import reads them.", required=True)
@opt.archive_option
def export(name: str, out: str, archive: str) -> None:
    """Write the memory NAME to a file."""
    with md.Archive(archive) as store:
        count = store.export_memory(name, out)
    say(f"{count} version{'s' if count != 1 else ''} written to {out}")


COMMANDS = (list_, show, forget, export)
