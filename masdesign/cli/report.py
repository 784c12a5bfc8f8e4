"""masdesign report: one HTML page on a run: what was found, is it better, at what cost, can it be trusted?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from masdesign.cli._options import archive_option, cache_path, named_models, task_arguments, task_options
from masdesign.cli._say import say
from masdesign.errors import InputError
from masdesign.files import writing
from masdesign.utf8 import utf8


@click.command()
@click.argument("run", required=False)
@click.option("--out", default="report.html", show_default=True, metavar="FILE", help="Where the page goes.")
@click.option("--task", metavar="TASK", help="The run's task, where it is a file: for questions and traces.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="Where the run's models answer from, if not from the recorded calls: recorded:FILE#COLUMN.",
)
@archive_option
@task_options
def command(
    run: str | None, out: str, task: str | None, models: tuple[str, ...], archive: str, **options: Any
) -> None:
    """Write a page on RUN (by default the run that finished last) that loads nothing and asks no model.

    \b
    masdesign report
    masdesign report questions.jsonl-portfolio-1 --task questions.jsonl --out findings.html
    """
    from masdesign.report import run_report
    from masdesign.tasks import load_task

    path = Path(out)
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"--out {out}: that is no file in a folder that is there; name one")
    if "://" not in archive and archive != ":memory:" and not Path(archive).exists():
        raise InputError(f"archive {archive} does not exist; run masdesign search TASK first")
    given = task_arguments(options)
    if task is None and (named := [name for name in given if given[name]]):
        raise InputError(f"--{named[0].replace('_', '-')} is an option of the task; give --task as well")
    problem = None if task is None else load_task(task, **given)
    table = named_models(models) if models else None
    page = run_report(archive, run=run, task=problem, models=table, cache=cache_path(archive))
    with writing(path) as file:
        file.write(utf8(page).encode())
    say(str(path))
