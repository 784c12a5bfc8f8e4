"""One resolver for references to designs, used by the command line and by Python alike."""

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from masdesign.archive import Archive
from masdesign.archive.store import DEFAULT
from masdesign.archive.tables.evaluations import model_fits
from masdesign.archive.tables.runs import COMPARISON, RunRecord
from masdesign.building_blocks import BLOCKS, blocks
from masdesign.errors import InputError
from masdesign.plugins import load_plugins
from masdesign.registry import overlay
from masdesign.tasks import Task
from masdesign.types import Answer, Question
from masdesign.workflow import Block, Design
from masdesign.workflow.promoted import linked

_MAX_BYTES = 1_000_000

ArchivePlace = Archive | str | Path | None
"""An archive that is open, where one is, or ``None`` for ``$MASDESIGN_ARCHIVE`` or the default file."""


@contextmanager
def adding(
    plugins: Iterable[str] | str = (), blocks: Iterable[Block[..., Any]] | Block[..., Any] = ()
) -> Iterator[None]:
    """Within the ``with``, plug-ins and blocks of one's own are known by their names; one needs no list.

    Raises:
        InputError: a plug-in cannot be loaded, or a name is taken; one line.
    """
    with overlay():
        load_plugins([plugins] if isinstance(plugins, str) else plugins)
        for block in [blocks] if isinstance(blocks, Block) else blocks:
            BLOCKS.enter(block)
        yield


def resolve_design(
    ref: Design | Block[..., Any] | str | Path,
    *,
    archive: ArchivePlace = None,
    task: Task | str | None = None,
    model: str | None = None,
) -> Design:
    """The design that a reference means: an object, or a string that is looked for in this order.

    1. a path to a ``.py`` file in the design language;
    2. ``best``: of ``task`` and ``model``; without a task, the latest winner (`meaning_of_best`);
    3. in the archive: a promoted block, an id, a unique prefix of one, or a name;
    4. a block that takes only a task, as a workflow of that one call.

    Source text is no reference: give ``Design(source)``. An archive that is not there yet is not made. A
    design that calls promoted blocks of the archive comes with their definitions, which it needs to run. A
    block that is given is known by its name from then on, in the overlay that is active.

    Raises:
        InputError: there is none, or there are several: the message lists them.
    """
    with opened_if_there(archive) as store:
        design = _meant(ref, store, task, model)
        return design if store is None else linked(design, store.promoted())


def _meant(
    ref: Design | Block[..., Any] | str | Path,
    store: Archive | None,
    task: Task | str | None,
    model: str | None,
) -> Design:
    if isinstance(ref, Design):
        return ref
    if isinstance(ref, Block):
        BLOCKS.enter(ref)
        return _of_block(ref)
    if not isinstance(ref, str | Path):
        raise InputError(f"a {type(ref).__name__} is no design; give a Design, a block, an id or a name")
    if "\n" in (text := str(ref)):
        raise InputError("a text of several lines is no reference to a design; give Design(source)")
    if text.endswith(".py"):
        return _from_file(Path(text))
    if text == "best":
        return _best(store, task, model)
    stored = None if store is None else _find_promoted(store, text) or _from_archive(store, text)
    if stored is not None:
        return stored
    single = single_blocks()
    if text not in single:
        raise InputError(_unknown(text, sorted(single)))
    return single[text]


def models_chosen_with(archive: ArchivePlace, design: Design) -> dict[str, Any] | None:
    """The models that a design was chosen with, as a run of this archive noted them, by name.

    Of several runs the last that chose it counts, else the last that proposed it. ``None``: no run of
    this archive says.
    """
    with opened_if_there(archive) as store:
        if store is None:
            return None
        runs = [run for run in reversed(store.runs()) if not run.foreign and _noted(run)]
        chosen = next((run for run in runs if _winner(run) == design.id), None)
        if chosen is None:
            tried = (run for run in runs if store.summaries(design_id=design.id, run=run.name))
            chosen = next(tried, None)
        return None if chosen is None else _noted(chosen)


def _noted(run: RunRecord) -> dict[str, Any]:
    models = run.facts.get("models")
    if not isinstance(models, Mapping):
        return {}
    return {name: model for name, model in models.items() if name not in ("meta", "judge")}


def _winner(run: RunRecord) -> str:
    best = (run.outcome or {}).get("best")
    return str(best.get("id", "")) if isinstance(best, Mapping) else ""


@contextmanager
def opened_if_there(archive: ArchivePlace) -> Iterator[Archive | None]:
    """The archive; ``None`` where its file is not there yet, so that looking makes none."""
    if isinstance(archive, Archive):
        yield archive
        return
    place = str(archive or os.environ.get("MASDESIGN_ARCHIVE") or DEFAULT)
    if "://" not in place and place != ":memory:" and not Path(place).exists():
        yield None
        return
    with Archive(place) as store:
        yield store


def single_blocks() -> dict[str, Design]:
    """The blocks that need nothing but a task, as designs, by name."""
    return {name: _of_block(block) for name, block in blocks().items() if _takes_only_a_task(block)}


def meaning_of_best(
    store: Archive, task: Task | str | None, model: str | None
) -> tuple[str, str | None, str]:
    """Task, model and design that ``best`` means, here and in every command.

    Of a task: the design with the highest shrunk val score on it (with that model, where one is named).
    Without a task: the winner of the search or comparison that finished last (with that model, where there
    is one); before any has finished, the best of the task that was evaluated last.

    Raises:
        InputError: nothing was evaluated in full here.
    """
    if task is None and (run := _latest_run(store, model)) is not None:
        winner = _winner(run) or store.best(run.task, run.model, run=run.name).id
        return run.task, model or run.model, winner
    if task is None:
        evaluated = store.summaries(split="val", model=model, complete=True, foreign=False)
        if not evaluated:
            by = f" with {model}" if model else ""
            raise InputError(f"nothing was evaluated in full{by} here yet; run masdesign search TASK")
        task = evaluated[-1].task
    return task if isinstance(task, str) else task.name, model, store.best(task, model).id


def _latest_run(store: Archive, model: str | None) -> RunRecord | None:
    """The search or comparison made here that finished last; with ``model``, where there is one."""
    runs = [run for run in store.runs() if not run.foreign and (run.searches or run.strategy == COMPARISON)]
    ended = sorted((run for run in runs if run.finished is not None), key=lambda run: run.finished or 0.0)
    with_model = [run for run in ended if model is not None and model_fits(run.model, model)]
    return next(reversed(with_model or ended), None)


def _of_block(block: Block[..., Any]) -> Design:
    if not _takes_only_a_task(block):
        raise InputError(f"block {block.name} needs more than a task; write a design that calls it")
    source = f"async def workflow(task):\n    return await {block.name}(task)\n"
    return Design(source, name=block.name, origin="block")


def _takes_only_a_task(block: Block[..., Any]) -> bool:
    parameters = block.signature.parameters.values()
    needed = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    only_task = len(needed) == 1 and block.hints[needed[0].name] is Question
    return only_task and block.hints.get("return") in (Answer, str)


def _from_file(path: Path) -> Design:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"design file {path} does not exist; check the path") from None
    except OSError as error:
        raise InputError(f"design file {path} cannot be read ({error.strerror}); check it") from error
    if len(data) > _MAX_BYTES:
        raise InputError(f"design file {path} is too long; keep it under {_MAX_BYTES} bytes")
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"design file {path} is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    return Design(source, name=path.stem, origin="file")


def _best(store: Archive | None, task: str | Task | None, model: str | None) -> Design:
    if store is None:
        cure = "run masdesign search TASK first"
        raise InputError(f"there is no best design yet, since nothing was searched; {cure}")
    return store.design(meaning_of_best(store, task, model)[2])


def _find_promoted(store: Archive, ref: str) -> Design | None:
    """The design behind a promoted block's name."""
    block = store.promoted().get(ref) if ref.isidentifier() else None
    return None if block is None else store.design(block.version)


def _from_archive(store: Archive, ref: str) -> Design | None:
    """The design of that id, prefix or name; ``None`` where nothing fits."""
    fits = store.fitting(ref) if ref else []
    if len(fits) > 1 and ref in single_blocks():
        return None  # several designs have a block's name: the block itself is meant
    return store.design(ref) if fits else None


def _unknown(ref: str, single: list[str]) -> str:
    path = Path(ref)
    if ref and (path.suffix or path.exists()):
        return f"{ref!r} is no design: a design file ends in .py"
    close = difflib.get_close_matches(ref, ["best", *single], 3)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    return (
        f"no design {ref!r}; {meant}it is not best, nor an id, prefix or name in the archive (masdesign "
        "archive list), nor one of the blocks that take only a task (masdesign blocks)"
    )
