"""masdesign report: one HTML page on a run: what was found, is it better, at what cost, can it be trusted?"""

from pathlib import Path
from typing import Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import cache_path
from masdesign.cli._models import named_models
from masdesign.cli._say import say
from masdesign.cli._task import load_task, task_arguments, task_options
from masdesign.errors import InputError
from masdesign.files import writing
from masdesign.utf8 import utf8


@click.command()
@click.argument("run", required=False)
@opt.option("--out=FILE", "Where the page goes.", "report.html")
@opt.option("--task=TASK", "The run's task, where it is a file: for questions and traces.")
@opt.several(
    "--model=NAME models",
    "Where the run's models answer from, if not from the recorded calls: recorded:FILE#COLUMN.",
)
@opt.together(opt.archive_option, task_options)
def command(
    run: str | None, out: str, task: str | None, models: tuple[str, ...], archive: str, **options: Any
) -> None:
    """Write a page on RUN (by default the run that finished last) that loads nothing and asks no model.

    \b
    masdesign report
    masdesign report questions.jsonl-portfolio-1 --task questions.jsonl --out findings.html
    """
    path = Path(out)
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"--out {out}: that is no file in a folder that is there; name one")
    if "://" not in archive and archive != ":memory:" and not Path(archive).exists():
        raise InputError(f"archive {archive} does not exist; run masdesign search TASK first")
    given = task_arguments(options)
    if task is None and (named := [name for name in given if given[name]]):
        raise InputError(f"--{named[0].replace('_', '-')} is an option of the task; give --task as well")
    problem = None if task is None else load_task(task, given)
    table = named_models(models) if models else None
    page = md.run_report(archive, run=run, task=problem, models=table, cache=cache_path(archive))
    with writing(path) as file:
        file.write(utf8(page).encode())
    say(str(path))
