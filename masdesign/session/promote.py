"""`run_promote`: a design becomes a block of later searches with an archive."""

from __future__ import annotations

from masdesign.aio import blocking
from masdesign.archive.store import opened
from masdesign.session.resolve import ArchivePlace, resolve_design
from masdesign.tasks import Task
from masdesign.workflow import Design
from masdesign.workflow.promoted import Promoted


async def run_promote_async(
    design: Design | str, name: str, *, archive: ArchivePlace = None, task: Task | str | None = None
) -> Promoted:
    """Make a design a block called ``name``, for later searches with this archive.

    Parameters:
        design: a `Design`, or a reference (`masdesign.session.resolve.resolve_design`).
        task: of which task ``best`` is meant.

    Raises:
        InputError: no such design, a name that is taken, or a design that cannot be a block.

    Example::

        block = await run_promote_async("best", "careful_vote")
        print(block.version)
    """
    with opened(archive) as store:
        resolved = resolve_design(design, archive=store, task=task)
        store.add_design(resolved)
        return store.promote(resolved.id, name)


run_promote = blocking(run_promote_async)
