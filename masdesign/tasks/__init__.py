"""Where do items come from, and what is a right answer?"""

from masdesign.statistics.power import power_note, visible_difference
from masdesign.tasks.cards import benchmark_card, card, name_of, task_names
from masdesign.tasks.load import load_task
from masdesign.tasks.scorers import SCORERS, scorer_named
from masdesign.tasks.task import Task

__all__ = [
    "SCORERS",
    "Task",
    "benchmark_card",
    "card",
    "load_task",
    "name_of",
    "power_note",
    "scorer_named",
    "task_names",
    "visible_difference",
]
