"""The part of a designer's prompt on tools, actions, and items that have no right answer."""

from dataclasses import replace

from masdesign.environments.call_text import list_tools
from masdesign.search.designer.talk import render
from masdesign.tasks import Task
from masdesign.tasks.scorers.outcome import OUTCOME
from masdesign.types import Item
from masdesign.workflow import Runtime

NO_TARGET = "(none is given)"
"""Shown in place of the right answer where the items have none."""


def description(task: Task | None, runtime: Runtime) -> str:
    """Describe a task, with its environment's tools where it is acted on."""
    lines = [task.told if task else ""]
    if runtime.acting is not None:
        tools = list_tools(runtime.acting.environment.tools)
        by_outcome = task is not None and task.scorer.name == OUTCOME.name
        values = {"lines": tools, "actions": runtime.limits.actions, "by_outcome": by_outcome}
        lines.append(render("acting", values))
    return "\n".join(filter(None, lines))


def with_target(item: Item) -> Item:
    """Return the item as a prompt shows it."""
    return item if item.targets else replace(item, targets=(NO_TARGET,))
