"""What tasks there are, one card each."""

from __future__ import annotations

from typing import Any

from masdesign.errors import InputError
from masdesign.tasks.families import families
from masdesign.tasks.generated import SIZES
from masdesign.tasks.task import Task


def task_names() -> list[dict[str, Any]]:
    """A card for every task that needs no file; the numbers are the default sizes of the splits."""
    return [
        {
            "name": family.name,
            "description": family.description,
            "metric": family.metric,
            "chance": family.chance,
            "difficulty": family.default_difficulty,
            "version": str(family.version),
            **{str(split): size for split, size in SIZES.items()},
        }
        for family in families().values()
    ]


def card(task: Task, *, examples: int = 2) -> dict[str, Any]:
    """All about one task, with examples from train (from nowhere else)."""
    return {
        "name": task.name,
        "version": task.version,
        "description": task.description,
        "metric": task.metric.name,
        "chance": task.chance,
        "tools": sorted(task.tools),
        **{split: task.size(split) for split in SIZES},
        "duplicates": task.duplicates,
        "notes": list(task.notes),
        "examples": [
            {
                "question": i.question,
                "target": i.target,
                "context": list(i.context),
                "choices": list(i.choices),
            }
            for i in task.train[:examples]
        ],
    }


def name_of(name_or_path: str) -> str:
    """The name that a task has in the archive: the family's, or of a file its last part.

    >>> name_of("arithmetic"), name_of("data/bbh/navigate.json")
    ('arithmetic', 'navigate.json')
    """
    if not name_or_path.strip():
        raise InputError("the task's name is empty; see masdesign tasks")
    return name_or_path.replace("\\", "/").rstrip("/").rpartition("/")[2]
