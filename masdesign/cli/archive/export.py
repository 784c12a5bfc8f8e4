"""masdesign archive export: everything, as JSONL."""

from __future__ import annotations

import sys

import click

from masdesign.cli._options import archive_option, emit, json_option
from masdesign.cli._say import say
from masdesign.cli.archive._shared import open_archive
from masdesign.errors import InputError


@click.command()
@click.argument("file", default="-")
@click.option("--canonical", is_flag=True, help="Sorted, without times, hosts and paid figures.")
@archive_option
@json_option
def command(file: str, canonical: bool, archive: str, as_json: bool) -> None:
    """Write everything as JSONL to FILE (default: standard output)."""
    if as_json and file == "-":
        raise InputError("archive export --json reports on a file; name one")
    with open_archive(archive) as store:
        out = sys.stdout.buffer if file == "-" else file
        lines = store.export(out, canonical=canonical)
    if as_json:
        emit({"file": file, "lines": lines})
    elif file != "-":
        say(f"{lines} lines written to {file}", err=True)
