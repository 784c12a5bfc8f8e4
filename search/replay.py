"""A recorded run again, offline: the same code, settings and budget, every completion from the record.

Since all that happens in a run derives from its seed and its completions, it ends with the same
archive. Where it does not, something has changed: a prompt, a block, the code of the search. The first
call that the record does not hold is named with its design and block.
"""

import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from masdesign.aio import blocking
from masdesign.archive import Archive, RunRecord
from masdesign.archive.calls import calls_beside
from masdesign.archive.exchange.lines import differences
from masdesign.archive.found_on import as_given
from masdesign.archive.store import opened
from masdesign.errors import InputError
from masdesign.files import writing
from masdesign.search.events import OnEvent, ignore
from masdesign.search.look.result import SearchResult
from masdesign.search.strategy import Strategy
from masdesign.search.verbs import run_search_async
from masdesign.session.resolve import ArchivePlace, adding
from masdesign.tasks import Task, load_task
from masdesign.workflow import Block


@dataclass(frozen=True)
class Replayed:
    """How a run went, again."""

    run: str
    result: SearchResult
    differences: tuple[str, ...]
    """Where the archive of the run differs from the record, a line each; empty: it is the same."""
    same_bytes: bool
    """Whether the whole canonical export is equal byte for byte; it cannot be where the recorded archive
    holds more than this run."""
    sha256: str
    """Of the canonical export of the run again."""
    lines: int
    """Lines of that export."""

    @property
    def same(self) -> bool:
        """Whether the run ended with the same archive."""
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        """As ``masdesign replay --json`` prints it."""
        return {
            "run": self.run,
            "same": self.same,
            "same_bytes": self.same_bytes,
            "differences": list(self.differences),
            "sha256": self.sha256,
            "lines": self.lines,
            "calls": self.result.spend.calls,
            "paid_calls": self.result.spend.paid_calls,
            "best": self.result.best.id,
        }


async def run_replay_async(
    run: str | SearchResult,
    *,
    archive: ArchivePlace = None,
    cache: str | Path | None = None,
    plugins: Iterable[str] = (),
    blocks: Iterable[Block[..., Any]] = (),
    strategy: type[Strategy] | None = None,
    task: Task | str | Path | None = None,
    concurrency: int = 64,
    out: str | Path | None = None,
    on_event: OnEvent = ignore,
) -> Replayed:
    """Run a recorded search again from its recorded calls, in an archive of its own, and compare.

    Parameters:
        run: the name of a run that has ended, or its result.
        archive: where it is recorded; nothing is written there.
        cache: the file of its recorded calls; by default beside the archive.
        plugins, blocks: those of the run (`masdesign.session.session.Resources`).
        strategy: that of the run, where it is a class of your own.
        task: what was searched on, where the record does not say it or it lies elsewhere now.
        concurrency: calls in flight; it changes no result.
        out: a file for the canonical export of the run again.

    Raises:
        NotRecorded: a call is new; the message names the design and the block that made it.
        InputError: there is no such run, it has not ended, its budget was in minutes, or the task is
            another one.

    Example::

        print((await run_replay_async("arithmetic-portfolio-1")).same)
    """
    run = run if isinstance(run, str) else run.run
    with opened(archive) as store, adding(plugins, blocks):
        record = _ended(run, store)
        chosen = _task_of(record) if task is None else task if isinstance(task, Task) else load_task(task)
        _check_task(chosen, record)
        calls = cache or calls_beside(store.place) or Path("calls.db")
        with Archive(":memory:") as fresh:
            begin_as(record, store, fresh)
            result = await run_search_async(
                chosen,
                model=_with_designer(record, calls),
                strategy=strategy or record.strategy,
                archive=fresh,
                memory=_take_memory(record, store, fresh),
                start=tuple(store.design(design_id) for design_id in record.settings.get("start", ())),
                concurrency=concurrency,
                on_event=on_event,
                **_decided(record),
            )
            messages = tuple(differences(store.slice(run), fresh.slice(run)))
            exported, before = canonical(fresh), canonical(store)
    if out is not None:
        with writing(out) as file:
            file.write(exported)
    return Replayed(
        run=run,
        result=result,
        differences=messages,
        same_bytes=exported == before,
        sha256=hashlib.sha256(exported).hexdigest(),
        lines=exported.count(b"\n"),
    )


run_replay = blocking(run_replay_async)


def _decided(record: RunRecord) -> dict[str, Any]:
    """What the record itself says of how the run was to go, as arguments of a search."""
    settings = record.settings
    return {
        "run": record.name,
        "budget": str(record.facts["budget"]),
        "seed": record.seed,
        "objective": str(settings["objective"]),
        "batch": int(settings["batch"]),
        "world": int(settings["world"]),
        "only": tuple(settings.get("with", ())),
        "without": tuple(settings.get("without", ())),
        "literature": not settings.get("from_scratch", False),
    }


def _take_memory(record: RunRecord, archive: Archive, fresh: Archive) -> str:
    """Copy the memory that the run read into another archive; return its name, empty where there was none."""
    digest = record.settings.get("memory", "")
    if not digest:
        return ""
    for kept in archive.memories():
        if kept.digest == digest:
            fresh.save_memory(kept.name, archive.memory(f"{kept.name}@{kept.version}"))
            return kept.name
    raise InputError(
        f"run {record.name!r} read a memory ({digest}) that is not in this archive; replay it where that is"
    )


def begin_as(record: RunRecord, archive: Archive, fresh: Archive) -> None:
    """Begin the run in another archive as it was begun in this one: with the designs that it took over, as
    seeds or as blocks; one that is there looks for no others."""
    taken = [*record.settings.get("seeds", ()), *(row[0] for row in record.settings.get("earlier", ()))]
    taken += [*record.settings.get("start", ()), *dict(record.settings.get("promoted", {})).values()]
    for design_id in taken:
        fresh.add_design(archive.design(design_id))
    fresh.start_run(replace(record, facts={}, outcome=None, finished=None))


def canonical(archive: Archive) -> bytes:
    """The canonical export of an archive: what "the same archive" means."""
    buffer = io.BytesIO()
    archive.export(buffer, canonical=True)
    return buffer.getvalue()


def models_of(record: RunRecord, cache: Path | str) -> dict[str, str]:
    """The run's models by name, each answering from the record; ``""`` is the default."""
    default, *named = record.model.split(" ")
    ids = {"": default, **dict(_pair(entry) for entry in named)}
    given = record.facts.get("models")
    requested: Mapping[str, object] = given if isinstance(given, Mapping) else dict.fromkeys(ids, "")
    names = [name for name in requested if name in ids] + [name for name in ids if name not in requested]
    return {name: _name_record(ids[name], _name(requested.get(name, "")), cache) for name in names}


def _pair(entry: str) -> tuple[str, str]:
    name, _, model = entry.partition("=")
    return name, model


def _name_record(model: str, requested: str, cache: Path | str) -> str:
    """A model of recorded solutions is its own record; any other answers from the calls on file."""
    return requested if requested.startswith("recorded:") else f"replay:{cache}#{model}"


def _with_designer(record: RunRecord, cache: Path | str) -> dict[str, str]:
    """The run's models, and in the role ``meta`` the one that wrote its designs, all from the record."""
    models = models_of(record, cache)
    designer = record.settings.get("designer")
    if not isinstance(designer, Mapping):
        return models
    given = record.facts.get("models")
    meta = given.get("meta", "") if isinstance(given, Mapping) else ""
    meta = meta or record.facts.get("meta_model", "")  # where 0.1 noted it
    return {**models, "meta": _name_record(str(designer["model"]), _name(meta), cache)}


def _name(requested: object) -> str:
    """The name of a model that `masdesign.lm.table.stored` noted."""
    return str(requested.get("model", "")) if isinstance(requested, Mapping) else str(requested)


def _ended(run: str, archive: Archive) -> RunRecord:
    record = archive.run(run)
    if record is None:
        names = [latest.name for latest in archive.runs()][-8:]
        there = f"the latest are {', '.join(names)}" if names else "there is none yet"
        raise InputError(f"no run {run!r} in this archive; {there}")
    if not record.searches:
        raise InputError(f"run {run!r} is no search ({record.strategy}); only searches are replayed")
    if record.foreign:
        raise InputError(f"run {run!r} was imported: its calls are not on file; replay it where it was made")
    if record.outcome is None:
        raise InputError(f"run {run!r} has not ended; resume it first")
    budget = str(record.facts.get("budget", ""))
    if not budget:
        raise InputError(f"run {run!r} does not say what its budget was; it cannot be replayed")
    if budget.endswith("min"):
        raise InputError(
            f"run {run!r} had a budget of {budget}: time decided where it ended, which no replay repeats"
        )
    return record


def _task_of(record: RunRecord) -> Task:
    given = as_given(record)
    if given is None:
        raise InputError(f"run {record.name!r} was searched on a task made in Python; give that task")
    name, arguments = given
    arguments.setdefault("items", record.settings.get("val_items"))
    arguments.setdefault("test_items", record.settings.get("test_items"))
    return load_task(name, **arguments)


def _check_task(task: Task, record: RunRecord) -> None:
    if (task.name, task.version) != (record.task, record.task_version):
        raise InputError(
            f"run {record.name!r} was searched on {record.task} of version {record.task_version}, and "
            f"{task.name} of version {task.version} is another task; its items have changed"
        )
