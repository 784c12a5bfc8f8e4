"""Tasks of acting: a task with tools beside its own, and customer service after tau-bench."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from masdesign.environments.parse import together
from masdesign.environments.tau_airline import TauAirline, read_items
from masdesign.environments.tau_airline.airline import POLICY, default_folder
from masdesign.protocols import Environment
from masdesign.tasks.forms import form_named
from masdesign.tasks.scorers.outcome import OUTCOME
from masdesign.tasks.task import Task
from masdesign.types import Item, Split

TAU_AIRLINE = "tau_airline"
_SHARES: tuple[tuple[Split, int], ...] = (("train", 10), ("val", 15), ("test", 25))
"""Cases by split; the trials of a case are all in the same."""


def with_environment(task: Task, environment: Environment | None) -> Task:
    """The task, where designs may also act in an environment; its version says in which.

    Raises:
        InputError: the task has a tool of the same name.
    """
    if environment is None:
        return task
    version = f"{task.version}+{environment.name}-{environment.version}"
    return replace(task, environment=together([task.environment, environment]), version=version)


def tau_airline(folder: str | Path | None = None) -> Task:
    """Customer service of an airline: 50 cases, four recorded conversations of each.

    Args:
        folder: of tau-bench's data; by default ``tau_bench`` below the folder of MASDESIGN_DATA.

    Raises:
        InputError: the data is not there.
    """
    place = default_folder() if folder is None else Path(folder)
    environment = TauAirline(place)
    parts: dict[Split, list[Item]] = {"train": [], "val": [], "test": []}
    items = read_items(place)
    cases = sorted({item.record["task"] for item in items}, key=_shuffle_key)
    split_of: dict[int, Split] = {}
    for split, count in _SHARES:
        split_of |= dict.fromkeys(cases[len(split_of) : len(split_of) + count], split)
    for item in items:
        parts[split_of.get(item.record["task"], "test")].append(item)
    return Task(
        name=TAU_AIRLINE,
        version=environment.version,
        description="Serve customers of an airline under its policy, with tools over its database.",
        scorer=OUTCOME,
        make=lambda split: tuple(parts[split]),
        instruction=(place / POLICY).read_text(encoding="utf-8"),
        form=form_named("text"),
        environment=environment,
        notes=("official: tau-bench's airline, share of conversations with reward 1 (arXiv:2406.12045)",),
    )


def _shuffle_key(case: int) -> str:
    """A place in an order that has nothing to do with the numbers of the cases."""
    return sha256(f"{TAU_AIRLINE}-{case}".encode()).hexdigest()
