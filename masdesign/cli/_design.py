"""DESIGN on the command line: a file, `best`, an id or a prefix of one, a name, or a block."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from masdesign.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from masdesign.archive import Archive
    from masdesign.archive.found_on import Belongings
    from masdesign.tasks import Task
    from masdesign.workflow import Block, Design

_MAX_BYTES = 1_000_000


def resolve_design(
    ref: str, *, archive: str | Archive, task: str | Task | None = None, model: str | None = None
) -> Design:
    """The design that a user means, looked for in this order:

    1. a path to a ``.py`` file in the design language;
    2. ``best``: of ``task`` and ``model``; without a task, the winner of the latest finished run;
    3. in the archive: a promoted block, an id, a unique prefix of one, or a name;
    4. a block that takes only a task, as a workflow of that one call.

    ``archive`` is a place (not made here where it is missing) or one that is open.

    Raises:
        InputError: there is none, or there are several: the message lists them.
    """
    if ref.endswith(".py"):
        return _from_file(Path(ref))
    with opened(archive) as store:
        if ref == "best":
            return _best(store, task, model)
        found = None if store is None else _promoted(store, ref) or _from_archive(store, ref)
    if found is not None:
        return found
    blocks = single_blocks()
    if ref not in blocks:
        raise InputError(_unknown(ref, sorted(blocks)))
    return blocks[ref]


def with_belongings(
    design: Design, *, archive: str, task: str | None, tools: str | None, examples: bool
) -> Belongings:
    """What the design runs with besides a model: ``--task``, ``--tools`` and ``--no-examples``, else what
    it was evaluated with.

    Raises:
        InputError: an unknown tool, or examples of a task that cannot be loaded here.
    """
    from masdesign.archive.found_on import belongings

    with opened(archive) as store:
        found = belongings(store, design, task=task, examples=examples)
    return found if tools is None else replace(found, tools=tools_of(tools))


def tools_of(listed: str) -> frozenset[str]:
    """The tools of a comma-separated list; raises InputError for one that does not exist."""
    from masdesign.tasks.task import TOOLS

    tools = frozenset(tool.strip() for tool in listed.split(",") if tool.strip())
    if unknown := sorted(tools - TOOLS):
        raise InputError(f"--tools: unknown tool {unknown[0]!r}; there is {', '.join(sorted(TOOLS))}")
    return tools


def _from_file(path: Path) -> Design:
    from masdesign.workflow import Design

    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"design file {path} does not exist; check the path") from None
    except OSError as error:
        raise InputError(f"design file {path} cannot be read ({error.strerror}); check it") from error
    if len(data) > _MAX_BYTES:
        raise InputError(f"design file {path} has {len(data)} bytes; keep it under {_MAX_BYTES}")
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"design file {path} is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    return Design(source, name=path.stem, origin="file")


@contextmanager
def opened(archive: str | Archive) -> Iterator[Archive | None]:
    """The archive; ``None`` where its file is not there yet, so that looking makes none."""
    from masdesign.archive import Archive

    if not isinstance(archive, str):
        yield archive
    elif "://" in archive or archive == ":memory:" or Path(archive).exists():
        with Archive(archive) as store:
            yield store
    else:
        yield None


def _best(store: Archive | None, task: str | Task | None, model: str | None) -> Design:
    from masdesign.archive.runnable import latest_winner

    if store is None:
        raise InputError(
            "there is no best design yet, since nothing was searched; run masdesign search TASK first"
        )
    if task is not None:
        return store.best(task, model)
    return latest_winner(store)


def _promoted(store: Archive, ref: str) -> Design | None:
    """The design behind a promoted block's name."""
    block = store.promoted().get(ref) if ref.isidentifier() else None
    return None if block is None else store.design(block.version)


def _from_archive(store: Archive, ref: str) -> Design | None:
    """The design of that id, prefix or name; ``None`` where nothing fits."""
    fits = store.fitting(ref) if ref else []
    if len(fits) > 1 and ref in single_blocks():
        return None  # several designs bear a block's name: the block itself is meant
    return store.design(ref) if fits else None


def single_blocks() -> dict[str, Design]:
    """The blocks that need nothing but a task, as designs, by name."""
    from masdesign.building_blocks import blocks
    from masdesign.workflow import Design

    source = "async def workflow(task):\n    return await {}(task)\n"
    usable = [name for name, block in blocks().items() if _takes_only_a_task(block)]
    return {name: Design(source.format(name), name=name, origin="block") for name in usable}


def _takes_only_a_task(block: Block[..., Any]) -> bool:
    from masdesign.types import Answer, Question

    needed = [
        p
        for p in block.signature.parameters.values()
        if p.default is p.empty and p.kind is not p.VAR_POSITIONAL
    ]
    only_task = len(needed) == 1 and block.hints[needed[0].name] is Question
    return only_task and block.hints.get("return") in (Answer, str)


def _unknown(ref: str, blocks: list[str]) -> str:
    path = Path(ref)
    if ref and (path.suffix or path.exists()):
        return f"{ref!r} is no design: a design file ends in .py"
    return (
        f"no design {ref!r}: not best, nor an id, prefix or name in the archive (masdesign archive list), "
        f"nor a block that takes only a task ({', '.join(blocks)})"
    )
