"""`run_promote`: a design becomes a block of later searches with an archive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from masdesign.aio import blocking
from masdesign.archive.store import opened
from masdesign.session.resolve import ArchivePlace, adding, resolve_design
from masdesign.tasks import Task
from masdesign.workflow import Block, Design
from masdesign.workflow.promoted import Promoted


async def run_promote_async(
    design: Design | Block[..., Any] | str,
    name: str,
    *,
    archive: ArchivePlace = None,
    plugins: Iterable[str] = (),
    blocks: Iterable[Block[..., Any]] = (),
    task: Task | str | None = None,
) -> Promoted:
    """Make a design a block called ``name``, for later searches with this archive.

    Parameters:
        design: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        plugins, blocks: of your own, which the design may name.
        task: of which task ``best`` is meant.

    Raises:
        InputError: no such design, a name that is taken, or a design that cannot be a block.

    Example::

        block = await run_promote_async("best", "careful_vote")
        print(block.version)
    """
    with opened(archive) as store, adding(plugins, blocks):
        resolved = resolve_design(design, archive=store, task=task)
        store.add_design(resolved)
        return store.promote(resolved.id, name)


run_promote = blocking(run_promote_async)
