"""A run's task again, from what the archive says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from masdesign.archive import RunRecord
from masdesign.errors import InputError
from masdesign.report.outcome import number, text, texts
from masdesign.tasks import Task, load_task
from masdesign.tasks.families import families
from masdesign.tasks.recipes import RECIPES

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
