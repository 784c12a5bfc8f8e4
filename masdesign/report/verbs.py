"""`run_report`: the page on a run, in one call."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from masdesign.aio import blocking
from masdesign.archive import Archive, RunRecord
from masdesign.archive.calls import calls_beside
from masdesign.errors import InputError
from masdesign.report.ablation import ablation_of
from masdesign.report.findings import RunFindings, chosen_run, findings_of
from masdesign.report.outcome import number, text, texts
from masdesign.report.page import render
from masdesign.report.replayed import ReplayedItems, recorded_models, replay
from masdesign.tasks import Task, load_task
from masdesign.tasks.families import families
from masdesign.tasks.recipes import RECIPES

RECORDS = ("replay:", "recorded:")
"""How models that are asked nothing begin."""


async def run_report_async(
    archive: Archive | str | Path | None = None,
    *,
    run: str | None = None,
    task: Task | None = None,
    models: Mapping[str, str] | None = None,
    cache: Path | str | None = None,
) -> str:
    """The HTML page on a run. No model is asked: traces come from recorded calls.

    Parameters:
        archive: one that is open, or where it is.
        run: its name; by default the run that finished last.
        task: the run's task. By default it is made again from its name, where that suffices; without it the
            page has no questions and no traces.
        models: where the run's models answer from, by the names that its designs ask for:
            ``recorded:FILE#COLUMN`` or ``replay:FILE#MODEL``; by default from ``cache``.
        cache: where the recorded calls lie; by default beside the archive.

    Raises:
        InputError: no such run, another task than the run's, or a model that would be asked.

    Example::

        Path("report.html").write_text(await run_report_async(".masdesign/archive.db"))
    """
    store = archive if isinstance(archive, Archive) else Archive(archive)
    try:
        record = chosen_run(store, run)
        _check(record, task, models)
        chosen = task if task is not None else task_of(record)
        findings = findings_of(store, record, chosen)
        table = models or recorded_models(record, cache or calls_beside(store.place) or "calls.db")
        findings = replace(findings, replayed=await _replay_items(findings, chosen, table))
        return render(findings, ablation_of(store, record, findings))
    finally:
        if store is not archive:
            store.close()


run_report = blocking(run_report_async)


def _check(run: RunRecord, task: Task | None, models: Mapping[str, str] | None) -> None:
    if task is not None and (task.name, task.version) != (run.task, run.task_version):
        raise InputError(
            f"task {task.name} (version {task.version}) is not that of run {run.name}, {run.task} (version "
            f"{run.task_version}); give it with the options of the search"
        )
    for model in (models or {}).values():
        if not model.startswith(RECORDS):
            raise InputError(
                f"model {model}: a report asks no model; leave it out to read the recorded calls, or give "
                "recorded:FILE#COLUMN"
            )


async def _replay_items(findings: RunFindings, task: Task | None, models: Mapping[str, str]) -> ReplayedItems:
    if findings.winner is None or findings.val is None:
        return ReplayedItems()
    if task is None:
        return ReplayedItems(
            note=f"Its questions are not at hand, so there is no trace: give the task {findings.run.task}, "
            "with the options of the search."
        )
    if findings.run.foreign:
        return ReplayedItems(note="The run was imported: its calls were not recorded here.")
    return await replay(findings.winner.design, task, findings.val, findings.run, models)


_GENERATED = re.compile(r"\d+-(?P<difficulty>\d+)\b")
"""A generated task's version: the family's, then the difficulty."""


def task_of(run: RunRecord) -> Task | None:
    """The very task that the run had, where its name and settings suffice to make it; else ``None``.

    A task of files is never found so: the archive holds no questions, and no paths.

    >>> settings = {"val_items": 20, "test_items": 50, "metric": "numeric", "tools": []}
    >>> from dataclasses import replace
    >>> run = RunRecord("r", "arithmetic", load_task("arithmetic").version, "abacus", "random", 0, settings)
    >>> len(task_of(run).val), task_of(replace(run, task_version="0-0"))
    (20, None)
    """
    if run.task not in families() and run.task not in RECIPES.names():
        return None
    try:
        task = load_task(run.task, **_options(run))
    except InputError:
        return None
    return task if task.version == run.task_version else None


def _options(run: RunRecord) -> dict[str, Any]:
    settings: Mapping[str, Any] = run.settings
    counts = {"items": number(settings, "val_items"), "test_items": number(settings, "test_items")}
    options: dict[str, Any] = {name: int(count) for name, count in counts.items() if count}
    options["tools"] = texts(settings, "tools")
    if metric := text(settings, "metric"):
        options["metric"] = metric
    if run.task in families() and (generated := _GENERATED.match(run.task_version)):
        options["difficulty"] = int(generated["difficulty"])
    return options
