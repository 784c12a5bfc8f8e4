"""masdesign archive diff: how the code of two designs differs."""

from __future__ import annotations

import difflib

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say
from masdesign.cli.archive._shared import meant, open_archive


@click.command()
@click.argument("old")
@click.argument("new")
@opt.archive_option
@opt.json_option
def command(old: str, new: str, archive: str, as_json: bool) -> None:
    """How the code of two designs differs."""
    with open_archive(archive) as store:
        left, right = (store.design(meant(store, ref)) for ref in (old, new))
    lines = list(
        difflib.unified_diff(
            left.source.splitlines(),
            right.source.splitlines(),
            f"{left.id} {left.name}".strip(),
            f"{right.id} {right.name}".strip(),
            lineterm="",
        )
    )
    if as_json:
        opt.emit({"old": left.id, "new": right.id, "diff": lines})
    else:
        say("\n".join(lines) if lines else "no difference in the code")
