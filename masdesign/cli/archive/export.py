"""masdesign archive export: everything, as JSONL."""

from __future__ import annotations

import sys

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say
from masdesign.cli.archive._shared import open_archive
from masdesign.errors import InputError


@click.command()
@click.argument("file", default="-")
@opt.flag("--canonical", "Sorted, without times, hosts and paid figures.")
@opt.archive_option
@opt.json_option
def command(file: str, canonical: bool, archive: str, as_json: bool) -> None:
    """Write everything as JSONL to FILE (default: standard output)."""
    if as_json and file == "-":
        raise InputError("archive export --json reports on a file; name one")
    with open_archive(archive) as store:
        out = sys.stdout.buffer if file == "-" else file
        lines = store.export(out, canonical=canonical)
    if as_json:
        opt.emit({"file": file, "lines": lines})
    elif file != "-":
        say(f"{lines} lines written to {file}", err=True)
