"""`run_report`: the page on a run, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from masdesign.aio import blocking
from masdesign.archive import Archive, RunRecord
from masdesign.archive.calls import calls_beside
from masdesign.errors import InputError
from masdesign.report.ablation import ablation_of
from masdesign.report.findings import RunFindings, chosen_run, findings_of
from masdesign.report.page import render
from masdesign.report.replayed import ReplayedItems, recorded_models, replay
from masdesign.report.task import task_of
from masdesign.tasks import Task

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
        findings = replace(findings, replayed=await _replayed(findings, chosen, table))
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


async def _replayed(findings: RunFindings, task: Task | None, models: Mapping[str, str]) -> ReplayedItems:
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
