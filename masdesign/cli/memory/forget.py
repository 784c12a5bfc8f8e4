"""masdesign memory forget: a version without some entries."""

from __future__ import annotations

import click

from masdesign.cli._options import archive_option
from masdesign.cli._say import say


@click.command()
@click.argument("name")
@click.argument("ids", nargs=-1, required=True)
@archive_option
def command(name: str, ids: tuple[str, ...], archive: str) -> None:
    """Make a version of the memory NAME without the entries IDS; earlier versions stay as they are."""
    from masdesign.archive import Archive
    from masdesign.errors import InputError

    with Archive(archive) as store:
        memory = store.memory(name)
        if missing := [entry_id for entry_id in ids if memory.get(entry_id) is None]:
            raise InputError(f"memory {name!r} has no entry {missing[0]!r}; masdesign memory show {name}")
        version = store.save_memory(name.partition("@")[0], memory.without(ids))
    say(f"{name.partition('@')[0]}@{version}: {len(memory) - len(set(ids))} entries")
