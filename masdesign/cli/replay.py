"""masdesign replay: runs a recorded search again, offline, and compares."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import cache_path
from masdesign.cli._say import emit, say
from masdesign.cli._task import load_task, task_arguments, task_options
from masdesign.cli._watch import Watcher
from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.search.events import Event

SHOWN = 5
"""Differences that are shown; --json has all."""


@click.command()
@click.argument("run")
@opt.option("--task", "What was searched on, where the run's record does not say.")
@opt.option("--cache=FILE", "The recorded calls; by default beside the archive.")
@opt.option("--out=FILE", "Write the canonical export of the run again.")
@opt.option("--concurrency", "It changes no result.", 64, least=1)
@opt.together(opt.archive_option, task_options, opt.json_option)
def command(run: str, task: str | None, cache: str | None, as_json: bool, **options: Any) -> None:
    """Run the recorded search RUN again from its recorded calls; no model is asked.

    It ends with the same archive, byte for byte. Where a prompt or code has changed since, the first
    call that is new is named with its design and block.

    \b
    masdesign replay arithmetic-portfolio-1
    masdesign replay arithmetic-portfolio-1 --out again.jsonl --json
    """
    arguments = task_arguments(options)
    if task is None and any(value for value in arguments.values()):
        raise InputError("options of a task were given without --task; name the task, too")
    problem = None if task is None else load_task(task, arguments)
    place = options.pop("archive")
    with Watcher(lambda name: "", str) as watcher:
        calls, progress = cache or cache_path(place), partial(_progress, watcher)
        replayed = md.run_replay(run, archive=place, cache=calls, task=problem, on_event=progress, **options)
    emit(replayed.to_json()) if as_json else _show(replayed)
    if not replayed.same:
        raise InputError(
            f"run {run} ends otherwise than recorded ({len(replayed.differences)} differences, the first: "
            f"{replayed.differences[0]}); code or data have changed since"
        )


def _progress(watcher: Any, event: Event) -> None:
    from masdesign.search.events import SearchProgress

    if isinstance(event, SearchProgress):
        watcher.on_event(event)


def _show(replayed: Any) -> None:
    spend = replayed.result.spend
    say(
        f"run {replayed.run} again: {spend.calls} calls, all from the record; best {replayed.result.best.id} "
        f"({replayed.result.best.name})"
    )
    if replayed.same_bytes:
        say(
            f"the same archive, byte for byte: {replayed.lines} lines, "
            f"sha256 {replayed.sha256[:16]}… (canonical)"
        )
    elif replayed.same:
        say(f"the same: all {replayed.lines} lines of the run agree with this archive, which holds more")
    for line in replayed.differences[:SHOWN]:
        say(f"differs: {line}", err=True)
