"""masdesign memory show: the entries of a memory."""

from __future__ import annotations

import click

from masdesign.cli._options import archive_option, emit, json_option
from masdesign.cli._say import say


@click.command()
@click.argument("memory")
@archive_option
@json_option
def command(memory: str, archive: str, as_json: bool) -> None:
    """The entries of MEMORY (NAME, or NAME@VERSION), the most trusted first."""
    from masdesign.archive import Archive

    with Archive(archive) as store:
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
