"""masdesign archive stats: what the archive holds, in numbers."""

from __future__ import annotations

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say
from masdesign.cli.archive._shared import open_archive


@click.command()
@opt.archive_option
@opt.json_option
def command(archive: str, as_json: bool) -> None:
    """What the archive holds, in numbers."""
    with open_archive(archive) as store:
        statistics = store.stats()
    if as_json:
        opt.emit(statistics)
        return
    for name, value in statistics.items():
        if isinstance(value, int):
            say(f"{name:<12} {value:>8}")
    for kind, number in statistics["by_kind"].items():
        say(f"failures of kind {kind}: {number}")
    for row in statistics["tasks"]:
        top = "-" if row["best_val"] is None else f"{row['best_val']:.3f}"
        say(
            f"{row['task']} ({row['task_version']}), {row['model']}: {row['designs']} designs, "
            f"{row['complete']} evaluated in full, best val {top}"
        )
