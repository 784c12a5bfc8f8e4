"""`load_task`: a task by its name, or from the user's files."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from masdesign.errors import InputError
from masdesign.tasks.benchmarks import BENCHMARKS, benchmark_file
from masdesign.tasks.families import families
from masdesign.tasks.files import read_records
from masdesign.tasks.formats import items_of, target_note
from masdesign.tasks.generated import SIZES, generated_task
from masdesign.tasks.metrics import Metric, infer_metric, metric_named
from masdesign.tasks.split import split_items, without_duplicates
from masdesign.tasks.task import SPLITS, TOOLS, Task, chance_of
from masdesign.types import Item, Split


def load_task(
    name_or_path: str | Path,
    *,
    items: int | None = None,
    test_items: int | None = None,
    metric: str | Metric | None = None,
    description: str | None = None,
    columns: Mapping[str, str] | None = None,
    train: str | Path | None = None,
    val: str | Path | None = None,
    test: str | Path | None = None,
    tools: Iterable[str] = (),
    difficulty: int | None = None,
) -> Task:
    """The task of that name, or of that file.

    A name is a generated task's, or a public benchmark's whose file is at hand (``$MASDESIGN_DATA``).
    A file's items are split 20/30/50 into train, val and test by a hash of the question; ``train``, ``val``,
    ``test`` name files that take the place of a split, and the task's own items then go to the others.

    Parameters:
        items, test_items: how many items of val and of test; default all, of generated tasks 200 and 400.
        metric: ``exact``, ``numeric``, ``choice``, ``f1``, ``module:function``, or a function of
            (answer, item) with a ``name``; inferred from the items where it is not given.
        columns: the file's own names, as in ``{"question": "prompt", "target": "gold"}``.
        tools: what designs may use, of ``python``, ``calculator``, ``retrieval``; none by default.
        difficulty: of a generated task; each family has its default, 1 is the public benchmark's.

    Raises:
        InputError: no such task, a file that is no task, or an option that does not fit; one line.

    >>> task = load_task("arithmetic", items=20)
    >>> len(task.val), task.metric.name
    (20, 'numeric')
    """
    chosen = metric_named(metric) if isinstance(metric, str) else metric
    allowed = _checked_tools(tools)
    _check_count("items", items)
    _check_count("test-items", test_items)
    files: dict[Split, str | Path] = {
        split: file for split, file in zip(SPLITS, (train, val, test), strict=True) if file is not None
    }
    family = families().get(str(name_or_path))
    if family is not None:
        if files or columns:
            raise InputError(f"{family.name} is generated; --train, --val, --test, --columns are for files")
        sizes: dict[Split, int] = {"val": items or SIZES["val"], "test": test_items or SIZES["test"]}
        task = generated_task(family, sizes=sizes, difficulty=difficulty, metric=chosen, tools=allowed)
        return task if description is None else replace(task, description=description)
    if difficulty is not None:
        raise InputError(f"{name_or_path} is not generated, so it has no difficulty; leave --difficulty out")
    limits: dict[Split, int | None] = {"val": items, "test": test_items}
    benchmark = BENCHMARKS.get(str(name_or_path))
    if benchmark is None:
        return _file_task(_path(name_or_path), files, limits, columns, chosen, description, allowed)
    told = description or benchmark.description
    task = _file_task(benchmark_file(benchmark), files, limits, columns, chosen, told, allowed)
    return replace(task, name=benchmark.name, notes=(benchmark.note, *task.notes))


def _checked_tools(tools: Iterable[str]) -> frozenset[str]:
    given = tools.split(",") if isinstance(tools, str) else tools
    named = frozenset(tool.strip() for tool in given) - {""}
    unknown = sorted(named - TOOLS)
    if unknown:
        raise InputError(f"unknown tool {unknown[0]!r}; the tools are {', '.join(sorted(TOOLS))}")
    return named


def _check_count(option: str, count: int | None) -> None:
    if count is not None and count < 1:
        raise InputError(f"--{option} {count}: it must be at least 1")


def _path(name_or_path: str | Path) -> Path:
    path, name = Path(name_or_path), str(name_or_path)
    if path.exists() or path.suffix or len(path.parts) > 1:
        return path
    names = [*families(), *BENCHMARKS]
    close = difflib.get_close_matches(name, names, 1)
    meant = f"did you mean {close[0]}? " if close else ""
    known = ", ".join(names)
    raise InputError(f"no task {name!r}; {meant}name one of {known}, or a .jsonl or .json file")


def _file_task(
    path: Path,
    files: Mapping[Split, str | Path],
    limits: Mapping[Split, int | None],
    columns: Mapping[str, str] | None,
    metric: Metric | None,
    description: str | None,
    tools: frozenset[str],
) -> Task:
    own: list[Split] = [split for split in SPLITS if split not in files]
    read = items_of(read_records(path), columns)
    parts: dict[Split, list[Item]] = split_items(read, own) if own else {}
    for split, file in files.items():
        parts |= split_items(items_of(read_records(Path(file)), columns), (split,))
    unique, duplicates = without_duplicates(parts)
    for split in ("val", "test"):
        if not unique[split]:
            raise InputError(
                f"{path}: no item is left for {split} ({len(read)} read, {duplicates} duplicates removed); "
                f"give more items, or a file of its own with --{split}"
            )
    metric = metric or infer_metric([*unique["train"], *unique["val"]])
    taken = {split: unique[split][: limits.get(split)] for split in SPLITS}
    return Task(
        name=path.name,
        version=_version(unique, metric, tools),
        description=description or "",
        scorer=metric,
        make=partial(_of_split, taken),
        tools=tools,
        chance=chance_of([*unique["train"], *unique["val"]]),
        duplicates=duplicates,
        notes=_notes(path, unique, taken, limits, files, duplicates),
    )


def _of_split(taken: Mapping[Split, tuple[Item, ...]], split: Split) -> tuple[Item, ...]:
    return taken[split]


def _version(parts: Mapping[Split, tuple[Item, ...]], metric: Metric, tools: frozenset[str]) -> str:
    """12 hex digits over all that a score depends on: the items by split, the metric, the tools."""
    content = {
        split: [[item.question, _told(item.targets), item.context, item.choices] for item in part]
        for split, part in parts.items()
    }
    text = json.dumps([content, metric.name, sorted(tools)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _told(targets: Sequence[str]) -> str | Sequence[str]:
    """One target as a text, so that a version does not change with what may hold several."""
    return targets[0] if len(targets) == 1 else targets


def _notes(
    path: Path,
    unique: Mapping[Split, tuple[Item, ...]],
    taken: Mapping[Split, tuple[Item, ...]],
    limits: Mapping[Split, int | None],
    files: Mapping[Split, str | Path],
    duplicates: int,
) -> tuple[str, ...]:
    notes = [target_note(item for part in unique.values() for item in part)]
    if duplicates:
        notes.append(f"{duplicates} duplicate question(s) removed, so that each is in one split once")
    if len(files) == len(SPLITS):
        notes.append(f"every split has a file of its own, so the items of {path.name} are not used")
    for split, count in limits.items():
        if count is not None and len(taken[split]) < count:
            notes.append(f"{split} has {len(taken[split])} items, fewer than the {count} asked for")
    ids = Counter(item.id for part in unique.values() for item in part)
    if len(files) and max(ids.values()) > 1:
        notes.append("some ids stand for different items in different splits")
    return tuple(note for note in notes if note)
