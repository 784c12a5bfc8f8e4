"""Where do items come from, and what is a right answer?"""

from __future__ import annotations

from masdesign.statistics.power import power_note, visible_difference
from masdesign.tasks.cards import card, name_of, task_names
from masdesign.tasks.load import load_task
from masdesign.tasks.metrics import METRICS, Metric, choice, exact, f1, metric_named, numeric
from masdesign.tasks.task import Task

__all__ = [
    "METRICS",
    "Metric",
    "Task",
    "card",
    "choice",
    "exact",
    "f1",
    "load_task",
    "metric_named",
    "name_of",
    "numeric",
    "power_note",
    "task_names",
    "visible_difference",
]
