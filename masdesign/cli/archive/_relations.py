"""Commands on how designs relate: diff, lineage."""

from __future__ import annotations

import difflib

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say
from masdesign.cli.archive._shared import RELATIVES, meant, named, names_of, open_archive


@click.command("diff")
@click.argument("old")
@click.argument("new")
@opt.archive_option
@opt.json_option
def diff(old: str, new: str, archive: str, as_json: bool) -> None:
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


@click.command("lineage")
@click.argument("design")
@opt.archive_option
@opt.json_option
def lineage(design: str, archive: str, as_json: bool) -> None:
    """A design's ancestors and descendants."""
    with open_archive(archive) as store:
        family = store.lineage(meant(store, design))
        names = names_of(
            store, [family.design_id, *(r.design_id for k in RELATIVES for r in getattr(family, k))]
        )
    relatives = {
        kind: [
            {"id": r.design_id, "name": names.get(r.design_id), "generations": r.generations}
            for r in getattr(family, kind)
        ]
        for kind in RELATIVES
    }
    if as_json:
        opt.emit({"id": family.design_id, "name": names[family.design_id], **relatives})
        return
    for relative in reversed(relatives["ancestors"]):
        say(f"{-relative['generations']:>+3}  {named(relative['id'], names)}")
    say(f"  0  {named(family.design_id, names)}")
    for relative in relatives["descendants"]:
        say(f"{relative['generations']:>+3}  {named(relative['id'], names)}")
