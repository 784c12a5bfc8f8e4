"""Notes on test items that were opened more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from masdesign.cli._say import say

if TYPE_CHECKING:
    from masdesign.archive import Archive
    from masdesign.tasks import Task


def opened_again(times: int) -> str:
    """Return the note that follows a test score; empty for the first opening.

    >>> opened_again(1), opened_again(3)
    ('', ', opened 3 times')
    """
    return f", opened {times} times" if times > 1 else ""


def times_opened(archive: Archive, task: Task) -> int:
    """How often most of the task's test items were opened in this archive, by whatever run or command."""
    return len(archive.openings_of(task.ids("test"), task.name, task.version))


def say_opened(archive: Archive, *tasks: Task) -> None:
    """Print a note on standard error for each task whose test items were opened more than once."""
    for task in tasks:
        times = times_opened(archive, task)
        if times > 1:
            say(
                f"note: test items of {task.name} were opened {times} times in this archive; what was chosen "
                "after a look at them is not tested by the next",
                err=True,
            )
