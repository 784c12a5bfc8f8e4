"""Tools, examples and environment of a design, from the command line or its task."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from masdesign.errors import InputError

if TYPE_CHECKING:
    from masdesign.archive.found_on import Belongings
    from masdesign.protocols import Environment
    from masdesign.session.resolve import ArchivePlace
    from masdesign.workflow import Design


def with_belongings(
    design: Design,
    *,
    archive: ArchivePlace,
    task: str | None,
    tools: str | None,
    examples: bool,
    environment: Environment | None = None,
) -> Belongings:
    """What the design runs with besides a model: ``--task``, ``--tools`` and ``--no-examples``, else what
    it was evaluated with.

    Raises:
        InputError: an unknown tool, or examples of a task that cannot be loaded here.
    """
    from masdesign.archive.found_on import belongings
    from masdesign.session.resolve import opened_if_there

    with opened_if_there(archive) as store:
        belonging = belongings(store, design, task=task, examples=examples, environment=environment)
    return belonging if tools is None else replace(belonging, tools=tools_of(tools))


def tools_of(listed: str) -> frozenset[str]:
    """The tools of a comma-separated list; raises InputError for one that does not exist."""
    from masdesign.tasks.task import TOOLS

    tools = frozenset(tool.strip() for tool in listed.split(",") if tool.strip())
    if unknown := sorted(tools - TOOLS):
        raise InputError(f"--tools: unknown tool {unknown[0]!r}; there is {', '.join(sorted(TOOLS))}")
    return tools
