"""The task that a design was found on: its tools, examples and wording go with the design."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from masdesign.building_blocks import blocks, versions
from masdesign.environments.references import recall
from masdesign.errors import InputError
from masdesign.protocols import Environment
from masdesign.tasks import Task, load_task
from masdesign.tasks.acting import TAU_AIRLINE
from masdesign.tasks.families import families
from masdesign.tasks.recipes import RECIPES
from masdesign.tasks.scorers import SCORERS
from masdesign.tasks.task import SPLITS, TOOLS
from masdesign.types import PLAIN, Asking, Item
from masdesign.workflow import Design

if TYPE_CHECKING:
    from masdesign.archive.store import Archive
    from masdesign.archive.tables.evaluations import Summary
    from masdesign.archive.tables.runs import RunRecord

_NOT_OF_THE_TASK = ("tools", "mcp", "corpus")
_CURE = "name the task, or go on without its examples"


@dataclass(frozen=True, slots=True)
class FoundOn:
    """A task as the archive remembers it: by name and version, without its items."""

    task: str
    version: str
    tools: frozenset[str] | None = None
    """What the task declared; ``None`` where no run of this archive says so."""
    metric: str | None = None
    foreign: bool = False
    """Whether only an import says so: then no file is opened on its word."""
    file: str = ""
    """Where a search had its file from; empty where no run of this archive says so."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """What `load_task` was given besides, in that search."""
    asking: Asking = PLAIN
    """How the task asked its questions."""
    acting: tuple[Mapping[str, Any], ...] = ()
    """What designs acted with beside the task's own environment (`masdesign.environments.references`)."""
    own: str = ""
    """The name of the task's own environment, whose episodes are its items'."""

    def load(self) -> Task:
        """Load the task. Raises `InputError` where this version of it cannot be loaded here."""
        seen = ""
        names, versions = ("+".join(str(row[key]) for row in self.acting) for key in ("name", "version"))
        wanted = self.version.removesuffix(f"+{names}-{versions}") if names else self.version
        try:
            for arguments in self._attempts():
                task = load_task(self.file or self.task, **arguments)
                if task.version == wanted:
                    return task
                seen = task.version
        except InputError as error:
            raise InputError(f"{self._told()} cannot be loaded here ({error}); {_CURE}") from error
        if seen:
            raise InputError(f"{self._told()} is another one here (version {seen}); {_CURE}")
        raise InputError(f"{self._told()} is named by an import, and is no task of masdesign; {_CURE}")

    def _told(self) -> str:
        return f"the task {self.task} (version {self.version}) that the design was found on"

    def _attempts(self) -> Iterator[dict[str, Any]]:
        """Arguments of `load_task` that may bring this version."""
        family = families().get(self.task)
        if family is not None:
            form = rf"{family.version}-(\d+)(?:-(\w+))?((?:\+\w+)*)(?:\+[\w+]+-[\w+]+)?"
            match = re.fullmatch(form, self.version)
            if match:
                level, metric, tools = match.groups()
                scorer = {"metric": metric} if metric in SCORERS.names() else {}
                yield {"difficulty": int(level), "tools": tools.split("+")[1:], **scorer}
            else:
                yield {}
        elif self.task in RECIPES.names() or not (self.foreign or "/" in self.task or "\\" in self.task):
            options: dict[str, Any] = {"metric": self.metric} if self.metric in SCORERS.names() else {}
            options |= {name: value for name, value in self.arguments.items() if name not in _NOT_OF_THE_TASK}
            for tools in [self.tools] if self.tools is not None else _sets_of_tools():
                yield {"tools": tools, **options}


def _sets_of_tools() -> list[frozenset[str]]:
    named = sorted(TOOLS)
    return [frozenset(chosen) for n in range(len(named) + 1) for chosen in combinations(named, n)]


def as_given(run: RunRecord) -> tuple[str, dict[str, Any]] | None:
    """What `load_task` was given for a run: the task, and its arguments; ``None`` where it does not say.

    Files are named where they lay then, whatever the working folder is now; where they are gone from
    there, those of the same name here are taken.
    """
    name, given = run.facts.get("task"), run.facts.get("task_arguments")
    if not isinstance(name, str) or run.foreign:
        return None
    folder = Path(str(run.facts.get("folder", "")))

    def file(path: str) -> str:
        places = ((folder / path).resolve(), Path(path), Path(Path(path).name))
        return str(next((place for place in places if place.exists()), places[0]))

    arguments = dict(given) if isinstance(given, Mapping) else {}
    arguments |= {split: file(str(arguments[split])) for split in SPLITS if split in arguments}
    return (name if name in families() or name in RECIPES.names() else file(name)), arguments


def found_on(archive: Archive, design_id: str) -> FoundOn | None:
    """The task that the design was evaluated on; of several, the last one that it was chosen on."""
    summaries = archive.summaries(design_id=design_id)
    if not summaries:
        return None
    best = max(summaries, key=_standing)
    runs = [run for run in archive.runs() if (run.task, run.task_version) == (best.task, best.task_version)]
    settings = runs[-1].settings if runs and not runs[-1].foreign else {}
    tools, metric = settings.get("tools"), settings.get("metric")
    family = families().get(best.task)
    if family is not None:  # its version says what it was given beside its own
        tools = [*family.tools, *best.task_version.split("+")[1:]]
    acting = runs[-1].facts.get("acting", ()) if runs and not runs[-1].foreign else ()
    made = family or (RECIPES.get(best.task) if best.task in RECIPES.names() else None)
    own = best.task if best.task == TAU_AIRLINE else ""
    if made is not None and made.environment is not None:
        own = made.environment.name
    searched = next((given for run in reversed(runs) if (given := as_given(run))), None)
    return FoundOn(
        best.task,
        best.task_version,
        frozenset(tools) & TOOLS if isinstance(tools, list) else None,
        metric if isinstance(metric, str) else None,
        best.foreign,
        *(searched or ("", {})),
        asking=Asking.recorded(settings),
        acting=tuple(row for row in acting if row["name"] != own),
        own=own,
    )


def _standing(summary: Summary) -> tuple[bool, bool, bool, int]:
    return not summary.foreign, summary.split == "val", summary.complete, summary.seq


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a design runs with besides a model: the tools it may use, the examples it may show."""

    tools: frozenset[str] = frozenset()
    train: Callable[[], Sequence[Item]] = tuple
    asking: Asking = PLAIN
    """How the task asks its questions: the same wherever the design runs."""
    environment: Environment | None = None
    """What it acts with."""
    note: str = ""
    """What a user should know of how the design runs here; mostly empty."""


def belongings(
    archive: Archive | None,
    design: Design,
    *,
    task: Task | str | None = None,
    examples: bool = True,
    environment: Environment | None = None,
) -> Belongings:
    """What the design was evaluated with, so that it runs as it was evaluated.

    Parameters:
        archive: where it was evaluated; ``None`` where there is no archive.
        task: whose `train` items it may show; by default the task that it was found on.
        examples: false runs it without any.
        environment: what is given here to act with; of the same name, it stands for what it was found with.

    Raises:
        InputError: it shows examples of a task that cannot be loaded here, or acts with what is not here; one
            line, with the cure.
    """
    source = None if archive is None else found_on(archive, design.id)
    tools = task.tools if isinstance(task, Task) else (source.tools if source else None) or frozenset()
    asking = task.asking if isinstance(task, Task) else source.asking if source else PLAIN
    acts, changed = environment, ""
    if source is not None and acts_at_all(design):
        if source.own and environment is None and not isinstance(task, Task):
            raise InputError(
                f"the design acts in the environment {source.own}, which opens on items of the task "
                f"{source.task} alone; evaluate it on that task"
            )
        acts, changed = recall(source.acting, environment)
    if not examples or not shows_examples(design):
        return Belongings(tools, asking=asking, environment=acts, note=changed)
    if task is not None:
        chosen = task if isinstance(task, Task) else load_task(task)
    elif source is not None:
        chosen = source.load()
        tools = chosen.tools
    else:
        note = "a step of this design shows worked examples, and no task is known that they could come from"
        return Belongings(
            tools,
            asking=asking,
            environment=acts,
            note=f"{note}; it runs without them; name the task to show them",
        )
    own_asking = chosen.asking if task is not None else asking
    return Belongings(tools, lambda: chosen.train, own_asking, acts, changed)


def acts_at_all(design: Design) -> bool:
    """Whether a block of the design is of use only in an environment."""
    registered = blocks()
    used = versions(design.source).keys() & registered.keys()
    return any(registered[name].needs == "environment" for name in used)


def shows_examples(design: Design) -> bool:
    """Whether a block of the design shows `train` items of the task."""
    return "_examples.py" in versions(design.source)
