"""What stands beside every test figure whose items were looked at more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from masdesign.cli._say import say

if TYPE_CHECKING:
    from masdesign.archive import Archive
    from masdesign.tasks import Task


def opened_again(times: int) -> str:
    """To be put behind a test figure; nothing at the first opening.

    >>> opened_again(1), opened_again(3)
    ('', ', opened 3 times')
    """
    return f", opened {times} times" if times > 1 else ""


def times_opened(archive: Archive, task: Task) -> int:
    """How often most of the task's test items were opened in this archive, by whatever run or command."""
    return len(archive.openings_of(task.ids("test"), task.name, task.version))


def say_opened(archive: Archive, *tasks: Task) -> None:
    """Say so, on standard error, where the test items of a task were opened more than once."""
    for task in tasks:
        times = times_opened(archive, task)
        if times > 1:
            say(
                f"note: test items of {task.name} were opened {times} times in this archive; what was chosen "
                "after a look at them is not tested by the next",
                err=True,
            )
